#pragma once
// From Verilog files to a shared object with a small C interface, kept in a cache by the hash of everything
// that goes into it. The contents of memory images do not: they are read when a model is made.
#include <filesystem>
#include <string>
#include <vector>

#include "accel/accelerator.h"

namespace offramp::verif {

/// What a model is built from.
struct ModelSources {
  std::filesystem::path directory;   // the design folder; file names below are relative to it
  std::vector<std::string> verilog;  // children first
  std::string top;
  std::vector<accel::Probe> probes = {};    // internal signals that are to be readable
  std::vector<std::string> libraries = {};  // Verilog of which modules are taken that no other file has
};

/// How it is built.
struct ModelOptions {
  /// `simulation`: the fastest code that g++ makes. `build`: half the time to build and about 0.8 of the
  /// speed, which is better for a model that runs less than some ten million cycles.
  enum class Favour { simulation, build } favour = Favour::simulation;
  bool trace = false;                // can write FST wave files
  bool random_start = false;         // registers and memories without a reset start with random bits
  std::filesystem::path cache = {};  // empty: default_model_cache()
};

/// $OFFRAMP_CACHE, or offramp/models in the user's cache directory, or in the temporary one.
[[nodiscard]] std::filesystem::path default_model_cache();

struct BuiltModel {
  std::filesystem::path library;
  double seconds = 0;  // 0 where it was in the cache
  bool from_cache = false;
};

/// Builds, or finds in the cache. Throws offramp::Error: a source missing or refused by Verilator (with its
/// first messages), a missing tool (ExitStatus::missing_tool, naming the package), the cache not writable,
/// interrupted. The library appears in the cache complete or not at all.
[[nodiscard]] BuiltModel build_model(const ModelSources& sources, const ModelOptions& options);

}  // namespace offramp::verif
