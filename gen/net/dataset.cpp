#include "net/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "net/dataset_files.h"
#include "net/shapes.h"

namespace offramp::net {
namespace {

namespace fs = std::filesystem;

constexpr const char* kForms =
    "it is 'fashion-mnist', 'mnist:DIR', 'idx:DIR', 'cifar10:DIR' or 'npy:DIR', DIR being a folder with its "
    "files";

/// Where Debian's package dataset-fashion-mnist puts its files.
constexpr const char* kFashionFolder = "/usr/share/datasets/fashion-mnist";

void check_ten_classes(const Split& split, const std::string& name) {
  const auto bad =
      std::find_if(split.labels.begin(), split.labels.end(), [](auto label) { return label > 9; });
  if (bad != split.labels.end()) {
    throw Error(fmt::format("data set {}: label {} is {}; it has the classes 0 to 9", in_quotes(name),
                            bad - split.labels.begin(), *bad));
  }
}

Dataset read_mnist(const fs::path& folder, const std::string& name) {
  Dataset data = read_idx_folder(folder, name);
  check_ten_classes(data.train, name);
  check_ten_classes(data.test, name);
  return data;
}

Dataset read(const std::string& spec) {
  if (spec == "fashion-mnist") {
    if (!fs::is_directory(kFashionFolder)) {
      throw Error(
          fmt::format("data set 'fashion-mnist': there is no {}; install it, on Debian with: sudo apt-get "
                      "install dataset-fashion-mnist, or name a folder with idx:DIR",
                      kFashionFolder));
    }
    return read_mnist(kFashionFolder, spec);
  }
  const std::size_t colon = spec.find(':');
  const std::string kind = spec.substr(0, colon);
  const std::string folder = colon == std::string::npos ? std::string() : spec.substr(colon + 1);
  const bool known = kind == "mnist" || kind == "idx" || kind == "cifar10" || kind == "npy";
  if (!known || folder.empty())
    throw Error(fmt::format("data set {} is not known: {}", in_quotes(spec), kForms));
  if (!fs::is_directory(folder)) {
    throw Error(fmt::format("data set {}: there is no folder {}", in_quotes(spec), in_quotes(folder)));
  }
  if (kind == "mnist") return read_mnist(folder, spec);
  if (kind == "idx") return read_idx_folder(folder, spec);
  if (kind == "cifar10") return read_cifar10_folder(folder, spec);
  return read_npy_folder(folder, spec);
}

}  // namespace

Dataset load_dataset(const std::string& spec) {
  Dataset data = read(spec);
  if (data.train.shape != data.test.shape) {
    throw Error(
        fmt::format("data set {}: its training images are {} and its test images {}; both must be the same",
                    in_quotes(spec), to_string(data.train.shape), to_string(data.test.shape)));
  }
  return data;
}

void check_dataset_fits(const Dataset& data, const Network& network) {
  const Shape& input = network.nodes[0].shape;
  if (data.test.shape != input) {
    throw Error(fmt::format(
        "data set {} has images of {} (channels x height x width) and network {} takes {}; choose "
        "the data set that the network was trained on",
        in_quotes(data.name), to_string(data.test.shape), in_quotes(network.name), to_string(input)));
  }
  for (const Split* split : {&data.train, &data.test}) {
    for (std::size_t i = 0; i < split->labels.size(); ++i) {
      if (split->labels[i] < network.classes()) continue;
      throw Error(
          fmt::format("data set {}: {} image {} has the label {} and network {} has the classes 0 to {}",
                      in_quotes(data.name), split == &data.train ? "training" : "test", i, split->labels[i],
                      in_quotes(network.name), network.classes() - 1));
    }
  }
}

}  // namespace offramp::net
