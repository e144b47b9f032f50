#include "verif/verilated_model.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "verif/model_wrapper.h"

namespace offramp::verif {

struct VerilatedModel::Library {
  explicit Library(const std::filesystem::path& file)
      // RTLD_LOCAL: the names of one model's Verilator runtime must not be taken for another's.
      : handle(::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    const char* failure = handle == nullptr ? ::dlerror() : nullptr;
    if (handle != nullptr) {
      api = static_cast<const ModelApi*>(::dlsym(handle, "offramp_model"));
      if (api == nullptr || api->version != kModelApiVersion) failure = "it is not a model of this program";
    }
    if (failure != nullptr) {
      const std::string reason = failure;
      if (handle != nullptr) ::dlclose(handle);
      throw Error(fmt::format("cannot load the Verilated model {}: {}; delete the file and run again",
                              in_quotes(file.string()), reason));
    }
  }
  ~Library() { ::dlclose(handle); }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  void* handle;
  const ModelApi* api = nullptr;
};

VerilatedModel::VerilatedModel(const BuiltModel& built, const ModelSources& sources, Start start)
    : library_(std::make_unique<Library>(built.library)), top_(sources.top) {
  model_ = library_->api->create(start.directory.c_str(), start.random ? 1 : 0, start.seed);
  if (model_ == nullptr) {
    throw Error(fmt::format("cannot start the model of '{}': {}", top_, library_->api->error()));
  }
  for (const accel::Probe& probe : sources.probes) probes_.emplace(probe.name, probe);
}

VerilatedModel::~VerilatedModel() {
  if (model_ != nullptr) library_->api->destroy(model_);
}

bool VerilatedModel::has_port(const std::string& name) const {
  int bits = 0;
  return library_->api->port(model_, name.c_str(), &bits) != nullptr;
}

Signal VerilatedModel::port(const std::string& name) const {
  int bits = 0;
  void* data = library_->api->port(model_, name.c_str(), &bits);
  if (data == nullptr) {
    throw Error(fmt::format("the top module '{}' has no port '{}'; generate the design again", top_, name));
  }
  return {name, data, bits};
}

bool VerilatedModel::has_probe(const std::string& name) const {
  return probes_.contains(name);
}

Signal VerilatedModel::probe(const std::string& name) const {
  const auto found = probes_.find(name);
  if (found == probes_.end()) {
    throw Error(fmt::format("the design '{}' has no probe '{}'; generate the design again", top_, name));
  }
  const accel::Probe& probe = found->second;
  std::string scope = "TOP." + top_;
  if (const std::size_t dot = probe.path.rfind('.'); dot != std::string::npos) {
    scope += "." + probe.path.substr(0, dot);
  }
  int bits = 0;
  void* data = library_->api->probe(model_, scope.c_str(), probe.signal.c_str(), &bits);
  if (data == nullptr) {
    throw Error(
        fmt::format("the probe '{}' is not in the design: no signal '{}' in the instance '{}' (module {})",
                    name, probe.signal, scope, probe.module));
  }
  if (bits != probe.bits) {
    throw Error(fmt::format("the probe '{}' ({} in {}) is {} bits wide, expected {}", name, probe.signal,
                            scope, bits, probe.bits));
  }
  return {name, data, bits};
}

void VerilatedModel::eval() {
  if (library_->api->eval(model_) != 0) {
    throw Error(fmt::format("the simulation of '{}' stopped: {}", top_, library_->api->error()));
  }
}

void VerilatedModel::open_trace(const std::filesystem::path& file) {
  if (library_->api->trace_open(model_, file.c_str()) != 0) {
    throw Error(
        fmt::format("cannot write the wave file {}: {}", in_quotes(file.string()), library_->api->error()));
  }
}

void VerilatedModel::dump_trace(std::uint64_t time) {
  library_->api->trace_dump(model_, time);
}

void VerilatedModel::close_trace() {
  library_->api->trace_close(model_);
}

}  // namespace offramp::verif
