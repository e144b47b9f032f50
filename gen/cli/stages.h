#pragma once
// The steps between a model and a verified design, each from values to values or to files. The verbs are thin
// around them, and `build` runs them all.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "accel/accelerator.h"
#include "cli/arguments.h"
#include "design/folder.h"
#include "design/target.h"
#include "design/verification.h"
#include "explore/explore.h"
#include "golden/evaluate.h"
#include "model/energy.h"
#include "model/estimate.h"
#include "net/dataset.h"
#include "net/network.h"
#include "quant/qnetwork.h"
#include "tune/policy.h"
#include "verif/verify.h"

namespace offramp::cli {

/// A model file, imported.
struct Model {
  std::filesystem::path file;
  std::string hash;  // SHA-256 of the file
  net::Network network;
};
[[nodiscard]] Model read_model(const std::filesystem::path& file);

/// A data set with what identifies it in manifests: never its path.
struct Data {
  net::Dataset set;
  std::string train_hash;
  std::string test_hash;
};
[[nodiscard]] Data read_data(const std::string& spec);

/// Throws offramp::Error unless the test images have the quantized network's input shape and its labels fit.
void check_fits_images(const Data& data, const quant::QNetwork& network);
/// Throws offramp::Error where --samples or --sample ask for more test images than there are.
void check_samples(const Data& data, const Arguments& arguments);

/// quantized.json with its provenance: hashes of model and calibration data, and the options.
struct Quantized {
  quant::QNetwork network;
  std::string text;                                  // of quantized.json
  std::map<std::string, std::string> inputs;         // for manifests
  std::map<std::string, std::string> configuration;  // for manifests
  std::vector<double> exit_rates;    // on the images that tuned the thresholds; empty where nothing did
  std::string certificate;           // certificate.json, where the thresholds come with a guarantee
  std::size_t exit_rate_images = 0;  // how many these were; 0: not known
};

/// Quantizes; writes nothing.
[[nodiscard]] Quantized quantize_model(const Model& model, const Data* data, const Arguments& arguments);
/// The decisions of up to 10,000 training images at equal distances, which thresholds are tuned on: those of
/// the test split are for results alone.
/// `count` images at equal distances, or all where there are fewer.
[[nodiscard]] net::Split taken_evenly(const net::Split& split, std::size_t count);
/// Up to 10,000 training images; `unseen`: every second test image instead, for networks or branches that
/// have seen the training images and are surer of them than of others.
[[nodiscard]] std::vector<tune::Sample> tuning_samples(const quant::QNetwork& network, const Data& data,
                                                       bool unseen);
/// What a result is reported on: the test images, or those that `unseen` tuning did not take.
[[nodiscard]] std::vector<tune::Sample> judging_samples(const quant::QNetwork& network, const Data& data,
                                                        bool unseen);
/// The decisions of all images of a split.
[[nodiscard]] std::vector<tune::Sample> samples_of(const quant::QNetwork& network, const net::Split& split);
/// Of what was evaluated on the split.
[[nodiscard]] std::vector<tune::Sample> samples_of(golden::Evaluation evaluation, const net::Split& split);
/// Chooses thresholds on the data's training split, by --criterion and --max-drop, for the fewest
/// multiply-accumulates. Leaves a network with a single exit as it is.
void tune_thresholds(Quantized& quantized, const Data& data, const Arguments& arguments);
/// What kind of data set it is; the folder that it was read from is nobody's business in files that are
/// passed on.
[[nodiscard]] std::string kind_of(const net::Dataset& data);
/// Exit rates on the data's training split with the thresholds that the model came with.
void measure_exit_rates(Quantized& quantized, const Data& data);
/// quantized.json, quantized.onnx, provenance.json and, where there is one, certificate.json into `folder`; a
/// certificate of other thresholds is removed.
void write_quantized(const std::filesystem::path& folder, const Quantized& quantized);
/// Reads what write_quantized wrote; `path` is the folder or the quantized.json in it.
[[nodiscard]] Quantized read_quantized(const std::filesystem::path& path);
/// The folder that `path` of read_quantized means.
[[nodiscard]] std::filesystem::path folder_of(const std::filesystem::path& path);

/// A planned, emitted and estimated accelerator.
struct Plan {
  accel::Accelerator accelerator;
  accel::Emitted emitted;
  model::Estimate estimate;
};

/// Array shapes of a strategy: given on the command line, or the best that the search finds.
[[nodiscard]] accel::Options choose_options(const quant::QNetwork& network, accel::Strategy strategy,
                                            const std::vector<double>& exit_rates,
                                            const design::Target& target, const Arguments& arguments);
[[nodiscard]] explore::Request explore_request(accel::Strategy strategy,
                                               const std::vector<double>& exit_rates,
                                               const design::Target& target, const Arguments& arguments);
/// The energy model's coefficients with the target's size and clock.
[[nodiscard]] model::EnergyCoefficients energy_coefficients(const design::Target& target);
/// Exit rates for the search: --rates, else as tuned, else equal shares.
[[nodiscard]] std::vector<double> search_rates(const Quantized& quantized, const Arguments& arguments);

/// What --watch asks for, with bands by the exit rates where they are known; nothing for a static design.
[[nodiscard]] accel::Watch choose_watch(const Quantized& quantized, accel::Strategy strategy,
                                        const Arguments& arguments);
/// The watch as the manifest's configuration keeps it, and back.
void write_watch(const accel::Watch& watch, std::map<std::string, std::string>& configuration);
[[nodiscard]] accel::Watch read_watch(const std::map<std::string, std::string>& configuration);

/// The largest arrays below those of `options` with which the network fits the target, as they are typed
/// ("--array 8x2x1"); empty where none does.
[[nodiscard]] std::string smaller_arrays(const quant::QNetwork& network, const accel::Options& options,
                                         const design::Target& target);

/// Plans, checks against the target and emits.
/// `also`: networks that the same hardware runs when they are loaded.
[[nodiscard]] Plan make_plan(const quant::QNetwork& network, const accel::Options& options,
                             const design::Target& target, const std::vector<Quantized>& also = {});
/// Writes the design folder, or keeps it where it is this design already.
design::Written write_plan(const std::filesystem::path& folder, const Plan& plan, const Quantized& quantized,
                           const design::Target& target, const std::vector<Quantized>& also = {});

/// A design folder read back: its files hold what its manifest says, and its RTL is what this program makes
/// of its quantized network.
struct Design {
  std::filesystem::path folder;
  design::Manifest manifest;
  design::Target target;
  Plan plan;
};
[[nodiscard]] Design read_design(const std::filesystem::path& folder);

/// Exit, class and correctness of every test image by the golden reference, for a strategy.
struct GoldenRun {
  double accuracy = 0;
  std::vector<double> exit_rates;
  std::vector<double> exit_accuracy;
};
/// `evaluation`: of the network on the split `test`.
[[nodiscard]] std::map<accel::Strategy, GoldenRun> golden_runs(
    const golden::Evaluation& evaluation, const net::Split& test,
    const std::vector<accel::Strategy>& strategies);

/// Verifies a design on `data`'s test split and adds verify.json to its folder and timing.json beside it. A
/// design that has been verified on the same images with the same seed is not run again.
struct Verified {
  design::Verification verification;
  bool kept = false;                 // an earlier run's result
  std::filesystem::path waves;       // of a mismatch or of --trace
  double sim_cycles_per_second = 0;  // 0 where kept
  double model_build_seconds = 0;
};
using Progress = std::function<void(std::size_t done, std::size_t all)>;
[[nodiscard]] Verified verify_design(const Design& design, const Data& data, const GoldenRun& golden,
                                     const Arguments& arguments, const Progress& progress);

/// The same for a design for several networks, `data` and `golden` by network. The first one's result goes to
/// verify.json, the others' to networks/NAME.verify.json.
[[nodiscard]] std::vector<Verified> verify_networks(const Design& design, const std::vector<Data>& data,
                                                    const std::vector<GoldenRun>& golden,
                                                    const Arguments& arguments, const Progress& progress);

/// The difference that verification found, in words, with the command that reproduces it.
[[nodiscard]] std::string describe_mismatch(const std::string& top, const design::Verification& verification);

/// Renders report.html from the design and the results in its folder, and adds it there.
void write_report(const Design& design);

}  // namespace offramp::cli
