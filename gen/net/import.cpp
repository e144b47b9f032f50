#include "net/import.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "net/importer.h"
#include "net/refused.h"

namespace offramp::net {
namespace {

constexpr std::int64_t kOldestOpset = 9;
constexpr std::int64_t kNewestOpset = 18;
/// Messages inside messages that the parser follows; three of them make one nested If.
constexpr int kParserDepth = 1000;

onnx::ModelProto parse(std::string_view bytes, const std::string& file) {
  if (bytes.empty()) throw Error(file + ": the file is empty; export the model again");
  onnx::ModelProto model;
  google::protobuf::io::ArrayInputStream array(bytes.data(), static_cast<int>(bytes.size()));
  google::protobuf::io::CodedInputStream stream(&array);
  stream.SetRecursionLimit(kParserDepth);
  const bool whole = model.ParseFromCodedStream(&stream) && stream.ConsumedEntireMessage();
  if (!whole || !model.has_ir_version() || !model.has_graph() || model.opset_import_size() == 0) {
    throw Error(
        fmt::format("{}: this is not a complete ONNX model ({} bytes, {}); it is truncated or a file of "
                    "another kind, so export the model again",
                    file, bytes.size(),
                    !whole                    ? "not readable as protobuf"
                    : !model.has_graph()      ? "it has no graph"
                    : !model.has_ir_version() ? "it has no IR version"
                                              : "it names no opset"));
  }
  return model;
}

void check_model(const onnx::ModelProto& model, const std::string& file) {
  bool known = false;
  for (const auto& opset : model.opset_import()) {
    if (!opset.domain().empty() && opset.domain() != "ai.onnx") continue;
    known = true;
    if (opset.version() < kOldestOpset || opset.version() > kNewestOpset) {
      throw Error(fmt::format("{}: the model uses opset {}; export it with an opset from {} to {}", file,
                              opset.version(), kOldestOpset, kNewestOpset));
    }
  }
  if (!known)
    throw Error(fmt::format("{}: the model names no version of ONNX's own opset; export it again", file));
  if (model.functions_size() != 0) {
    throw Error(
        fmt::format("{}: the model defines functions of its own, such as {}; export it with them inlined",
                    file, in_quotes(model.functions(0).name())));
  }
}

Network import(std::string_view bytes, const Importer::Source& source) {
  const onnx::ModelProto model = parse(bytes, source.file);
  check_model(model, source.file);
  Draft draft = Importer(source).run(model);
  try {
    merge_biases(draft);
    drop_unused(draft);
    const double input_scale = fold_normalization(draft);
    return arrange(std::move(draft), input_scale);
  } catch (const Refused& refused) {
    throw Error(fmt::format("{}: {}", source.file, refused.what()));
  }
}

}  // namespace

Network import_onnx(const std::filesystem::path& file) {
  // Protobuf cannot hold more than 2 GiB in one message.
  const std::string bytes = read_file(file, (std::uint64_t{1} << 31) - 1);
  const std::filesystem::path folder = file.parent_path().empty() ? "." : file.parent_path();
  return import(bytes, {.file = in_quotes(file.string()), .name = file.stem().string(), .folder = folder});
}

Network import_onnx_bytes(std::string_view bytes, const std::string& name) {
  if (bytes.size() >= std::size_t{1} << 31) throw Error(in_quotes(name) + ": the model exceeds 2 GiB");
  return import(bytes, {.file = in_quotes(name), .name = name});
}

}  // namespace offramp::net
