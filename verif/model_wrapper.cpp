#include "verif/model_wrapper.h"

#include <fmt/format.h>

#include <regex>

namespace offramp::verif {
namespace {

// Verilator ends the process on a fatal error ($readmemh without its file, for one); a library must not, so
// the hooks throw and every entry point catches.
constexpr const char* kHead =
    R"wrapper(// C interface of one Verilated model (see ModelApi).
#include "Vmodel.h"
#include "verilated.h"
#include "verilated_sym_props.h"
#if VM_TRACE_FST
#include "verilated_fst_c.h"
#endif

#include <cstring>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

namespace {

std::string& last_error() {
  static std::string text;
  return text;
}
std::string& memory_directory() {
  static std::string text;
  return text;
}

struct Model {
  // Verilator's runtime finds some of its state through a pointer to the context in use, one a
  // thread.
  Model* use() {
    Verilated::threadContextp(&context);
    return this;
  }

  VerilatedContext context;
  std::unique_ptr<Vmodel> top;
#if VM_TRACE_FST
  std::unique_ptr<VerilatedFstC> trace;
#endif
};

template <class F, class R>
R guarded(R failed, F f) {
  try {
    return f();
  } catch (const std::exception& e) {
    last_error() = e.what();
    return failed;
  }
}

}  // namespace

void vl_fatal(const char* file, int line, const char*, const char* message) {
  throw std::runtime_error(std::string(file) + ":" + std::to_string(line) + ": " + message);
}
void vl_stop(const char* file, int line, const char*) {
  vl_fatal(file, line, "", "$stop was called");
}
void vl_finish(const char* file, int line, const char*) {
  vl_fatal(file, line, "", "$finish was called");
}
void vl_warn(const char* file, int line, const char*, const char* message) {
  vl_fatal(file, line, "", message);
}

// The model's code calls this one for $readmemh (see -D on its command line): names are relative to
// the design folder, and the working directory of the process is not ours to change.
#undef VL_READMEM_N
void VL_READMEM_N(bool hex, int bits, QData depth, int array_lsb, const std::string& filename,
                  void* memp, QData start, QData end);
void offramp_readmem(bool hex, int bits, QData depth, int array_lsb, const std::string& filename,
                     void* memp, QData start, QData end) {
  // Verilog lets an image end early without a word where no range is asked for; here it must fill
  // its memory.
  if (end == ~QData{0}) end = array_lsb + depth - 1;
  const bool absolute = !filename.empty() && filename[0] == '/';
  VL_READMEM_N(hex, bits, depth, array_lsb, absolute ? filename : memory_directory() + filename,
               memp, start, end);
}

namespace {

void* create(const char* directory, int random_start, int seed) {
  // Initial blocks, and so $readmemh, run in the first eval: it is done here, with one directory at
  // a time.
  static std::mutex mutex;
  const std::lock_guard<std::mutex> lock(mutex);
  return guarded(static_cast<void*>(nullptr), [&]() -> void* {
    memory_directory() = std::string(directory) + "/";
    auto model = std::make_unique<Model>();
    model->use();
    model->context.threads(1);
    model->context.randReset(random_start ? 2 : 0);
    model->context.randSeed(seed);
#if VM_TRACE_FST
    model->context.traceEverOn(true);
#endif
    model->top = std::make_unique<Vmodel>(&model->context);
    model->top->eval();
    return model.release();
  });
}

void destroy(void* handle) {
  Model* model = static_cast<Model*>(handle)->use();
  guarded(0, [&] {
#if VM_TRACE_FST
    if (model->trace) model->trace->close();
    model->trace.reset();
#endif
    model->top->final();
    return 0;
  });
  delete model;
}

const char* error() {
  return last_error().c_str();
}

int eval(void* handle) {
  return guarded(1, [&] {
    static_cast<Model*>(handle)->use()->top->eval();
    return 0;
  });
}

void* probe(void* handle, const char* scope, const char* name, int* bits) {
  const VerilatedScope* found = static_cast<Model*>(handle)->context.scopeFind(scope);
  if (found == nullptr) return nullptr;
  VerilatedVar* variable = found->varFind(name);
  if (variable == nullptr || variable->dims() > 1) return nullptr;
  *bits = variable->packed().elements();
  return variable->datap();
}

#if VM_TRACE_FST
int trace_open(void* handle, const char* file) {
  Model* model = static_cast<Model*>(handle)->use();
  return guarded(1, [&] {
    model->trace = std::make_unique<VerilatedFstC>();
    model->top->trace(model->trace.get(), 99);
    model->trace->open(file);
    if (!model->trace->isOpen()) throw std::runtime_error("the file cannot be opened for writing");
    return 0;
  });
}
void trace_dump(void* handle, unsigned long long time) {
  Model* model = static_cast<Model*>(handle)->use();
  model->context.time(time);
  if (model->trace) model->trace->dump(static_cast<vluint64_t>(time));
}
void trace_close(void* handle) {
  Model* model = static_cast<Model*>(handle)->use();
  if (model->trace) model->trace->close();
  model->trace.reset();
}
#else
int trace_open(void*, const char*) {
  last_error() = "this model was built without tracing";
  return 1;
}
void trace_dump(void*, unsigned long long) {}
void trace_close(void*) {}
#endif
)wrapper";

constexpr const char* kTail = R"wrapper(
  struct ModelApi {
    int version;
    void* (*create)(const char*, int, int);
    void (*destroy)(void*);
    const char* (*error)();
    int (*eval)(void*);
    void* (*port)(void*, const char*, int*);
    void* (*probe)(void*, const char*, const char*, int*);
    int (*trace_open)(void*, const char*);
    void (*trace_dump)(void*, unsigned long long);
    void (*trace_close)(void*);
  };

  }  // namespace

  extern "C" __attribute__((visibility("default"))) const ModelApi offramp_model;
  const ModelApi offramp_model = {kVersion, create, destroy,    error,      eval,
                        port,     probe,  trace_open, trace_dump, trace_close};
)wrapper";

}  // namespace

std::string encode_identifier(const std::string& name) {
  std::string result;
  for (std::size_t i = 0; i < name.size(); ++i) {
    result += name[i];
    if (name.compare(i, 2, "__") == 0) {
      result += "__05F";
      ++i;
    }
  }
  return result;
}

std::string decode_identifier(const std::string& name) {
  std::string result;
  for (std::size_t i = 0; i < name.size();) {
    if (name.compare(i, 5, "__05F") == 0) {
      result += '_';
      i += 5;
    } else {
      result += name[i++];
    }
  }
  return result;
}

std::vector<VerilatedPort> ports_of_header(const std::string& header) {
  static const std::regex kPort(R"(VL_(?:IN|OUT|INOUT)(?:8|16|64|W)?\(&(\w+),(\d+),(\d+)(?:,\d+)?\);)");
  std::vector<VerilatedPort> ports;
  for (std::sregex_iterator i(header.begin(), header.end(), kPort), end; i != end; ++i) {
    ports.push_back({.identifier = (*i)[1],
                     .name = decode_identifier((*i)[1]),
                     .bits = std::stoi((*i)[2]) - std::stoi((*i)[3]) + 1});
  }
  return ports;
}

std::string model_wrapper(const std::vector<VerilatedPort>& ports) {
  std::string text = kHead;
  text += "void* port(void* handle, const char* name, int* bits) {\n";
  text += "  Vmodel* top = static_cast<Model*>(handle)->top.get();\n";
  for (const VerilatedPort& port : ports) {
    text += fmt::format("  if (std::strcmp(name, \"{}\") == 0) {{ *bits = {}; return &top->{}; }}\n",
                        port.name, port.bits, port.identifier);
  }
  text += "  return nullptr;\n}\n";
  text += fmt::format("constexpr int kVersion = {};\n", kModelApiVersion);
  return text + kTail;
}

}  // namespace offramp::verif
