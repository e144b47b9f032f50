#pragma once
// The command line as plain values; every verb reads the fields that it has options for.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace offramp::cli {

/// What `attach` alone has options for.
struct AttachArguments {
  bool list = false;     // show the places and stop
  bool replace = false;  // drop the branches that the model has
  bool search = false;
  std::vector<std::string> at;
  std::optional<std::size_t> exits;
  std::vector<std::string> branches;
  std::string minimize = "traffic";
  std::size_t images = 20000;
  bool held_from_test = false;
  double held_out = 20;             // percent
  std::optional<int> threads;       // default: all cores
  std::uint64_t memory_mib = 4096;  // of features at a time
};

/// What `tune` is asked for beside criterion and drop.
struct TuneArguments {
  std::optional<double> min_accuracy;  // percent
  std::optional<double> cycles;        // mean of an image
  std::optional<double> microjoules;   // mean of an image
  std::vector<std::string> pareto;     // files for the front, .json or .svg
  std::optional<double> guarantee;     // percentage points
  double confidence = 0.95;
  std::string method = "ltt";
  bool on_test = false;            // report on the test split, too
  bool unseen = false;             // tune on every second test image, report on the others
  std::string exits = "pipeline";  // the strategy whose costs count
};

/// What `synth` alone has options for.
struct SynthArguments {
  std::string family;  // empty: that of the target's part
  std::string module;  // empty: the whole design
  bool place = false;  // and route
  std::string device;  // to place on; empty: the family's largest
};

struct Arguments {
  std::string verb;
  bool json = false;
  std::string input;   // the model, the quantized network or the design folder
  std::string output;  // -o
  std::string data;
  std::string target;
  std::string exits = "static,pipeline,parallel";
  std::vector<std::string> bits;
  std::size_t calibration_images = 512;
  std::optional<std::string> array;
  std::optional<std::string> exit_array;
  int multipliers = 64;                 // of the backbone's array, where --array is not given
  std::vector<int> on_backbone;         // early exits that the backbone serves in the parallel design
  bool prune = false;                   // skip registers for early exits
  bool packed = false;                  // two products a DSP slice in the backbone's array
  std::optional<int> exit_multipliers;  // default: as many as the backbone's
  std::vector<std::string> watch;       // of exits in the field: histogram, monitor, hold
  int watch_window = 8;                 // a window of the watch has 2^watch_window results
  std::optional<std::string> rates;
  std::string criterion = "max";
  double max_drop = 0.5;      // percentage points
  bool tuning_asked = false;  // --criterion or --max-drop stood on the command line
  TuneArguments tune = {};
  std::optional<std::string> plot;  // of explore --exits 1..15
  std::size_t samples = 200;
  std::uint64_t seed = 1;
  std::optional<std::size_t> sample;
  bool trace = false;
  bool driver = false;  // run the C driver instead
  std::string netlist;  // verify: "generic" or "xilinx"; empty: the RTL
  int threads = 2;
  std::vector<std::string> also;       // quantized networks that the design can be loaded with, too
  std::vector<std::string> also_data;  // their data sets, NAME=SPEC
  std::string network;                 // the quantized network to load onto a design
  AttachArguments attach;
  SynthArguments synth;
};

}  // namespace offramp::cli
