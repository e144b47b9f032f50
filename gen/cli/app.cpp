#include "cli/app.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <new>

#include "base/error.h"
#include "cli/arguments.h"
#include "cli/console.h"
#include "cli/verbs.h"
#include "design/manifest.h"
#include "fixed/watch.h"

namespace offramp::cli {
namespace {

using Verb = Answer (*)(const Arguments&, Console&);

/// Adds options to a verb; each function stands for one option, so that it reads the same under every verb.
class VerbOptions {
 public:
  VerbOptions(CLI::App& verb, Arguments& a) : verb_(verb), a_(a) {
    verb_.add_flag("--json", a_.json, "Print one JSON document on standard output and nothing else there");
  }
  VerbOptions& input(const char* name, const char* what) {
    verb_.add_option(name, a_.input, what)->required();
    return *this;
  }
  VerbOptions& output(const char* what, bool required = true) {
    verb_.add_option("-o,--output", a_.output, what)->required(required);
    return *this;
  }
  VerbOptions& data(const char* what, bool required) {
    verb_.add_option("--data", a_.data, what)->required(required)->type_name("SPEC");
    return *this;
  }
  VerbOptions& target(bool required = true) {
    verb_.add_option("--target", a_.target, "Board: a folder of constraints/, for example zcu106")
        ->required(required)
        ->type_name("BOARD");
    return *this;
  }
  VerbOptions& exits() {
    verb_.add_option("--exits", a_.exits, "Exit strategies, separated by commas")
        ->capture_default_str()
        ->type_name("LIST");
    return *this;
  }
  VerbOptions& numbers() {
    verb_.get_option("--exits")->description(
        "Exit strategies, separated by commas; or numbers of exits, FROM..TO: the best sets of so many "
        "(--data)");
    verb_
        .add_option("--plot", a_.plot,
                    "File for the curve over numbers of exits, .svg; a second one has the positions")
        ->type_name("FILE");
    return *this;
  }
  VerbOptions& quantization() {
    verb_
        .add_option(
            "--bits", a_.bits,
            "WEIGHTS/ACTIVATIONS for all layers, or LAYER=WEIGHTS/ACTIVATIONS for one; may be repeated")
        ->expected(1)
        ->take_all()
        ->type_name("BITS");
    verb_.add_option("--calibration-images", a_.calibration_images, "Training images that set the ranges")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000000))
        ->type_name("N");
    return *this;
  }
  VerbOptions& tuning() {
    verb_
        .add_option_function<std::string>(
            "--criterion",
            [&a = a_](const std::string& text) {
              a.criterion = text;
              a.tuning_asked = true;
            },
            "What confidence is measured by: max, entropy, margin, base2 or patience, or the best of them: "
            "all [max]")
        ->type_name("WORD");
    verb_
        .add_option_function<double>(
            "--max-drop",
            [&a = a_](double value) {
              a.max_drop = value;
              a.tuning_asked = true;
            },
            "Accuracy that exits may cost, in percentage points [0.5]")
        ->check(CLI::Range(0.0, 100.0))
        ->type_name("POINTS");
    return *this;
  }
  VerbOptions& objectives() {
    verb_
        .add_option("--min-accuracy", a_.tune.min_accuracy,
                    "Fastest at this accuracy or more, instead of --max-drop")
        ->check(CLI::Range(0.0, 100.0))
        ->type_name("PERCENT");
    verb_
        .add_option("--cycles", a_.tune.cycles,
                    "Most accurate within this many cycles an image in the mean (--target)")
        ->check(CLI::PositiveNumber)
        ->type_name("N");
    verb_
        .add_option("--microjoules", a_.tune.microjoules,
                    "Most accurate within this energy an image in the mean (--target)")
        ->check(CLI::PositiveNumber)
        ->type_name("E");
    verb_
        .add_option("--pareto", a_.tune.pareto,
                    "File for the front of accuracy against cost, .json or .svg; may be repeated")
        ->expected(1)
        ->take_all()
        ->type_name("FILE");
    verb_.add_flag("--on-test", a_.tune.on_test, "Report on the test images, too");
    verb_
        .add_option("--exits", a_.tune.exits,
                    "With --target: the strategy whose costs count, pipeline or parallel")
        ->capture_default_str()
        ->type_name("STRATEGY");
    return *this;
  }
  VerbOptions& skip_rules() {
    verb_.get_option("--prune")->description(
        "Find registers by which branches that would not let the sample leave are skipped");
    return *this;
  }
  VerbOptions& unseen() {
    verb_.add_flag(
        "--unseen", a_.tune.unseen,
        "Take every second test image in place of training images, which branches made by attach have "
        "seen, and report on the others");
    return *this;
  }
  VerbOptions& guarantee() {
    verb_
        .add_option("--guarantee", a_.tune.guarantee,
                    "Promise that accuracy drops by at most so many points, and write certificate.json")
        ->type_name("POINTS");
    verb_.add_option("--confidence", a_.tune.confidence, "Probability of the promise (ltt)")
        ->capture_default_str()
        ->type_name("P");
    verb_
        .add_option("--method", a_.tune.method, "ltt (holds with the probability) or crc (holds in the mean)")
        ->capture_default_str()
        ->check(CLI::IsMember({"ltt", "crc"}))
        ->type_name("WORD");
    verb_.add_option("--seed", a_.seed, "Of how the images are divided")
        ->capture_default_str()
        ->type_name("N");
    return *this;
  }
  VerbOptions& arrays() {
    verb_
        .add_option("--array", a_.array, "The backbone's array, ROWSxCOLUMNSxLANES; searched where not given")
        ->type_name("RxCxP");
    verb_.add_option("--exit-array", a_.exit_array, "Each exit classifier's array (parallel)")
        ->type_name("RxCxP");
    verb_
        .add_option(
            "--on-backbone", a_.on_backbone,
            "Early exits that the backbone's array serves in the parallel design, too, for example 0,2")
        ->delimiter(',')
        ->type_name("EXITS");
    verb_.add_flag("--prune", a_.prune,
                   "Early exits get registers by which branches are skipped (tune --prune sets them)");
    verb_.add_flag("--packed", a_.packed,
                   "Two products a DSP48E2 in the backbone's array (8-bit networks, UltraScale+)");
    return *this;
  }
  VerbOptions& watch() {
    verb_
        .add_option(
            "--watch", a_.watch,
            "Registers that watch early exits in the field: histogram (of confidence), monitor (of exit "
            "rates), hold (a latency, by moving thresholds); separated by commas")
        ->type_name("PARTS");
    verb_
        .add_option("--watch-window", a_.watch_window,
                    "The watch looks at windows of 2^N results; a register's value out of reset")
        ->capture_default_str()
        ->check(CLI::Range(0, offramp::fixed::kMostWindowLog2))
        ->type_name("N");
    return *this;
  }
  VerbOptions& budget() {
    verb_
        .add_option("--multipliers", a_.multipliers,
                    "Multipliers that the search may give the backbone's array")
        ->capture_default_str()
        ->check(CLI::Range(1, 65536))
        ->type_name("N");
    verb_
        .add_option("--exit-multipliers", a_.exit_multipliers,
                    "Multipliers for each exit classifier [as --multipliers]")
        ->check(CLI::Range(1, 65536))
        ->type_name("N");
    verb_
        .add_option("--rates", a_.rates,
                    "Share of samples that leave at each exit, for example 0.8,0.2 [as tuned]")
        ->type_name("LIST");
    return *this;
  }
  VerbOptions& simulation() {
    verb_.add_option("--samples", a_.samples, "Test images to simulate")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000000))
        ->type_name("N");
    verb_.add_option("--seed", a_.seed, "Of the random stalls and the choice of images")
        ->capture_default_str()
        ->type_name("N");
    return *this;
  }
  VerbOptions& one_sample() {
    verb_.add_option("--sample", a_.sample, "Simulate this test image alone")->type_name("INDEX");
    verb_.add_flag("--trace", a_.trace, "Write an FST wave file");
    verb_.add_option("--netlist", a_.netlist,
                     "Simulate not the RTL but what Yosys makes of it: generic (gates) or xilinx (cells)");
    return *this;
  }
  VerbOptions& driver() {
    verb_.add_flag("--driver", a_.driver,
                   "Run the folder's C driver, compiled as it stands, on the simulated design instead");
    return *this;
  }
  VerbOptions& several() {
    verb_
        .add_option(
            "--also", a_.also,
            "Another quantized network that the same hardware runs when it is loaded; may be repeated")
        ->expected(1)
        ->take_all()
        ->type_name("QUANTIZED");
    return *this;
  }
  VerbOptions& several_data() {
    verb_
        .add_option("--also-data", a_.also_data,
                    "NAME=SPEC: the data set of another network of the design; may be repeated")
        ->expected(1)
        ->take_all()
        ->type_name("NAME=SPEC");
    return *this;
  }
  VerbOptions& places() {
    AttachArguments& t = a_.attach;
    verb_.add_flag("--list", t.list, "Show the places where an exit can be and stop");
    verb_.add_flag("--replace", t.replace, "Drop the branches that the model has");
    auto* at =
        verb_.add_option("--at", t.at, "Layers to put an exit after, for example conv1,conv3 [all places]")
            ->delimiter(',')
            ->type_name("LAYERS");
    verb_.add_option("--exits", t.exits, "Number of exits, spread over the backbone's work")
        ->check(CLI::Range(1, 255))
        ->excludes(at)
        ->type_name("N");
    verb_
        .add_option(
            "--branch", t.branches,
            "Structures to try at each place, for example avg1,max2,avg4-pw32,avg8-conv32s2 [by its size]")
        ->delimiter(',')
        ->type_name("WORDS");
    return *this;
  }
  VerbOptions& training() {
    AttachArguments& t = a_.attach;
    verb_.add_flag("--search", t.search, "Choose structures by expected cost and drop exits that do not pay");
    verb_.add_option("--minimize", t.minimize, "What the search lowers: traffic (of weights) or macs")
        ->capture_default_str()
        ->check(CLI::IsMember({"traffic", "macs"}))
        ->type_name("WORD");
    verb_.add_option("--max-drop", a_.max_drop, "Accuracy that exits may cost, in percentage points")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 100.0))
        ->type_name("POINTS");
    verb_.add_option("--images", t.images, "Training images used, 0 for all")
        ->capture_default_str()
        ->type_name("N");
    verb_.add_option("--held-out", t.held_out, "Percentage of them kept from training, to choose by")
        ->capture_default_str()
        ->check(CLI::Range(1.0, 90.0))
        ->type_name("PERCENT");
    verb_.add_flag(
        "--held-out-from-test", t.held_from_test,
        "Choose by half of the test images, which the backbone has not seen; results are of the others");
    verb_.add_option("--seed", a_.seed, "Of the choice of images and the start of training")
        ->capture_default_str()
        ->type_name("N");
    verb_.add_option("--threads", t.threads, "Threads [all cores]; the result does not depend on it")
        ->check(CLI::Range(1, 256))
        ->type_name("N");
    verb_.add_option("--memory", t.memory_mib, "MiB of features kept at a time; less means more passes")
        ->capture_default_str()
        ->check(CLI::Range(1, 1 << 20))
        ->type_name("MIB");
    return *this;
  }
  VerbOptions& synthesis() {
    verb_
        .add_option("--family", a_.synth.family,
                    "Cells to map to: xc7, xcup, ecp5 or ice40 [that of the target's part]")
        ->type_name("WORD");
    verb_
        .add_option("--module", a_.synth.module,
                    "Synthesize this module alone, with the parameters that most of its instances have")
        ->type_name("NAME");
    verb_.add_flag("--place", a_.synth.place, "Place and route with nextpnr, too (ecp5, ice40)");
    verb_.add_option("--device", a_.synth.device, "Device to place on: 85k (ECP5), hx8k or up5k (iCE40)")
        ->type_name("NAME");
    return *this;
  }
  VerbOptions& network(const char* what) {
    verb_.add_option("quantized", a_.network, what)->required();
    return *this;
  }
  VerbOptions& threads() {
    verb_.add_option("--threads", a_.threads, "Strategies verified at the same time")
        ->capture_default_str()
        ->check(CLI::Range(1, 64))
        ->type_name("N");
    return *this;
  }

 private:
  CLI::App& verb_;
  Arguments& a_;
};

constexpr const char* kData = "Data set: fashion-mnist, mnist:DIR, idx:DIR, cifar10:DIR or npy:DIR";

struct Entry {
  const char* name;
  const char* what;
  Verb run;
  void (*options)(VerbOptions);
};

constexpr const char* kDesignFolder = "Design folder, for example out/lenet5/parallel";
constexpr const char* kQuantized = "Output folder of quantize, or its quantized.json";

const Entry kVerbs[] = {
    {"inspect", "Show the layers, exits and sizes of a model", inspect,
     [](VerbOptions o) { o.input("model", "ONNX model"); }},
    {"attach", "Make a trained network early-exit: train branches and attach them", attach,
     [](VerbOptions o) {
       o.input("model", "ONNX model")
           .data(kData, false)
           .places()
           .training()
           .output("Early-exit ONNX model to write, with a report beside it (.json)", false);
     }},
    {"quantize", "Quantize a model with calibration images", quantize,
     [](VerbOptions o) {
       o.input("model", "ONNX model")
           .data(kData, false)
           .quantization()
           .output("Folder for quantized.json and .onnx");
     }},
    {"tune", "Choose the exit thresholds of a quantized network", tune,
     [](VerbOptions o) {
       o.input("quantized", kQuantized)
           .data(kData, true)
           .tuning()
           .objectives()
           .unseen()
           .guarantee()
           .target(false)
           .arrays()
           .budget()
           .skip_rules();
     }},
    {"explore", "Rank array shapes by mean cycles per image, or sets of exits", explore,
     [](VerbOptions o) {
       o.input("quantized", kQuantized)
           .target()
           .exits()
           .numbers()
           .unseen()
           .arrays()
           .budget()
           .data(kData, false)
           .tuning();
     }},
    {"generate", "Write a design folder for each exit strategy", generate,
     [](VerbOptions o) {
       o.input("quantized", kQuantized)
           .target()
           .exits()
           .arrays()
           .watch()
           .budget()
           .several()
           .output("Folder for the designs [that of the quantized network]", false);
     }},
    {"verify", "Prove a design bit-exact in Verilator on test images", verify,
     [](VerbOptions o) {
       o.input("design", kDesignFolder).data(kData, true).several_data().simulation().one_sample().driver();
     }},
    {"load", "Write the register writes that put another network onto a design for several", load,
     [](VerbOptions o) {
       o.input("design", kDesignFolder).network(kQuantized).output("File for the writes");
     }},
    {"synth", "Synthesize a design with Yosys: cells by module, and the longest logic path", synth,
     [](VerbOptions o) {
       o.input("design", kDesignFolder)
           .synthesis()
           .output("File for the figures [synth.json in the design folder]", false);
     }},
    {"report", "Write report.html of a design", report,
     [](VerbOptions o) { o.input("design", kDesignFolder).data(kData, false); }},
    {"package", "Pack a design into a reproducible .tar.gz", package,
     [](VerbOptions o) {
       o.input("design", kDesignFolder).output("Archive to write [DESIGN.tar.gz]", false);
     }},
    {"build", "Everything, from the model to verified designs and a table that compares them", build,
     [](VerbOptions o) {
       o.input("model", "ONNX model")
           .data(kData, true)
           .target()
           .exits()
           .quantization()
           .tuning()
           .arrays()
           .watch()
           .budget()
           .simulation()
           .threads()
           .output("Folder for everything that is written");
     }},
};

int report_error(const std::string& message, ExitStatus status, bool json) {
  fmt::print(stderr, "offramp: {}\n", message);
  if (json) {
    nlohmann::ordered_json document;
    document["error"] = message;
    document["status"] = static_cast<int>(status);
    // Standard output may be what is broken; the message has gone to standard error already.
    std::fputs((document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n").c_str(),
               stdout);
    std::fflush(stdout);
  }
  return static_cast<int>(status);
}

}  // namespace

int run(int argc, const char* const* argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is a message and a status, as any other failed write
  std::signal(SIGXFSZ, SIG_IGN);  // so is a file beyond the limit of the shell (ulimit -f)
  Arguments arguments;
  CLI::App app("From a trained early-exit network to Verilog that is proved bit-exact on real images.",
               "offramp");
  app.set_version_flag("--version", std::string("offramp ") + design::kToolVersion);
  app.require_subcommand(1);
  const Entry* chosen = nullptr;
  for (const Entry& entry : kVerbs) {
    CLI::App* verb = app.add_subcommand(entry.name, entry.what);
    entry.options(VerbOptions(*verb, arguments));
    verb->callback([&chosen, &entry] { chosen = &entry; });
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);  // --help, --version
    return report_error(fmt::format("{}; 'offramp {}--help' lists what there is", e.what(),
                                    chosen != nullptr ? std::string(chosen->name) + " " : ""),
                        ExitStatus::bad_input, arguments.json);
  }
  arguments.verb = chosen->name;
  try {
    Console console(arguments.json);
    const Answer answer = chosen->run(arguments, console);
    console.clear();
    write_stdout(arguments.json ? answer.json.dump(2) + "\n" : answer.text);
    return static_cast<int>(answer.status);
  } catch (const Error& e) {
    return report_error(e.what(), e.status(), arguments.json);
  } catch (const std::bad_alloc&) {
    return report_error("out of memory; use a smaller network, fewer samples or a machine with more memory",
                        ExitStatus::bad_input, arguments.json);
  } catch (const std::exception& e) {
    return report_error(
        fmt::format("a fault of offramp itself, please report it with this command line: {}", e.what()),
        ExitStatus::bad_input, arguments.json);
  }
}

}  // namespace offramp::cli
