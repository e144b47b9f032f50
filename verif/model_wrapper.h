#pragma once
// The C interface between the harness and a Verilated model in a shared object. The text below is compiled
// with each model; the struct is the same on both sides.
#include <string>
#include <vector>

namespace offramp::verif {

/// The table of functions that a model's library exports as `offramp_model`. A function that can fail returns
/// null or non-zero, and error() then says why.
struct ModelApi {
  int version;
  void* (*create)(const char* directory, int random_start, int seed);
  void (*destroy)(void* model);
  const char* (*error)();
  int (*eval)(void* model);
  /// Storage of a port, or null.
  void* (*port)(void* model, const char* name, int* bits);
  /// Storage of an internal signal in the instance `scope` ("TOP.top.u_a"), or null.
  void* (*probe)(void* model, const char* scope, const char* name, int* bits);
  int (*trace_open)(void* model, const char* file);
  void (*trace_dump)(void* model, unsigned long long time);
  void (*trace_close)(void* model);
};
inline constexpr int kModelApiVersion = 1;

/// A port as Verilator declares it in the header of the model.
struct VerilatedPort {
  std::string identifier;  // in the C++
  std::string name;        // in the Verilog
  int bits = 0;
};
/// The ports that Vmodel.h declares.
[[nodiscard]] std::vector<VerilatedPort> ports_of_header(const std::string& header);

/// The C++ that implements ModelApi for a model with these ports.
[[nodiscard]] std::string model_wrapper(const std::vector<VerilatedPort>& ports);

/// A Verilog name as Verilator 5 writes it inside itself: a double underscore stands for a hierarchy step
/// there, so one that the user wrote is encoded.
[[nodiscard]] std::string encode_identifier(const std::string& name);
[[nodiscard]] std::string decode_identifier(const std::string& name);

}  // namespace offramp::verif
