#include "verif/results_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"

namespace offramp::results {
namespace {

using nlohmann::ordered_json;

constexpr const char* kBegin = "<!-- offramp_results: begin; written by the program, not by hand -->";
constexpr const char* kEnd = "<!-- offramp_results: end -->";

/// 1234567 as "1,234,567".
std::string grouped(double value) {
  std::string digits = fmt::format("{:.0f}", value);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

std::string shares(const std::vector<double>& rates) {
  std::string text;
  for (const double rate : rates) text += fmt::format("{}{:.1f}", text.empty() ? "" : " / ", 100 * rate);
  return text + " %";
}

std::string microjoules(double picojoules) {
  return fmt::format("{:.2f}", picojoules / 1e6);
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

std::string word(const explore::Verdict& v) {
  return v.better ? fmt::format("{} {:.3f}x", accel::to_string(*v.better), v.ratio) : "equal";
}

ordered_json json_of(const explore::Verdict& v) {
  return {{"strategy", v.better ? accel::to_string(*v.better) : "neither"}, {"ratio", v.ratio}};
}

/// The other's cycles for the same number of multipliers, or "-".
std::string peer(const ordered_json& peers, const std::string& network, int multipliers, const char* key) {
  const ordered_json* at = &peers;
  const std::string number = fmt::format("{}", multipliers);
  for (const std::string& step : {std::string("networks"), network, number, std::string(key)}) {
    const auto found = at->find(step);
    if (found == at->end()) return "-";
    at = &*found;
  }
  return grouped(at->get<double>());
}

std::string design_rows(const NetworkResult& n) {
  std::string text =
      "| multipliers | strategy | array | accuracy | leave at each exit | cycles, mean | cycles, worst | model | "
      "speed-up | efficiency | energy, uJ | less energy | bit-exact on |\n"
      "|---:|---|---|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|\n";
  for (const DesignResult& d : n.designs) {
    if (!d.refusal.empty()) continue;
    const DesignResult* fixed = n.find("static", d.asked);
    const bool comparable = fixed != nullptr && fixed->refusal.empty();
    text += fmt::format(
        "| {} | {}{} | {}{} | {:.2f} % | {} | {}{} | {} | {} | {} | {:.1f} % | {} | {} | {} |\n", d.multipliers,
        d.strategy, d.streams_weights ? ", weights from DRAM" : "", d.array,
        d.exit_array.empty() ? "" : " + " + d.exit_array, 100 * d.accuracy, shares(d.exit_rates),
        grouped(d.cycles_mean), d.cycles_of_all_images ? "" : " (plain mean)",
        grouped(static_cast<double>(d.cycles_worst)), grouped(d.model_cycles()),
        comparable ? fmt::format("{:.2f}x", fixed->cycles_mean / d.cycles_mean) : "-", 100 * d.efficiency,
        microjoules(d.picojoules()),
        comparable ? fmt::format("{:.2f}x", fixed->picojoules() / d.picojoules()) : "-",
        d.bit_exact ? fmt::format("{} images", d.samples) : "DIFFERS");
  }
  for (const DesignResult& d : n.designs) {
    if (!d.refusal.empty())
      text += fmt::format("\nRefused: {} at {} multipliers: {}\n", d.strategy, d.asked, first_line(d.refusal));
  }
  return text;
}

std::string peer_rows(const NetworkResult& n, const ordered_json& peers) {
  std::string text =
      "| multipliers | static, whole accelerator | SCALE-Sim OS | SCALE-Sim WS | Gemmini mesh | axis-systolic-array "
      "|\n|---:|---:|---:|---:|---:|---:|\n";
  for (const int multipliers : n.multipliers()) {
    const DesignResult* d = n.find("static", multipliers);
    if (d == nullptr || !d->refusal.empty()) continue;
    text += fmt::format("| {} | {} | {} | {} | {} | {} |\n", multipliers, grouped(d->cycles_mean),
                        peer(peers, n.name, multipliers, "scalesim_os"),
                        peer(peers, n.name, multipliers, "scalesim_ws"),
                        peer(peers, n.name, multipliers, "gemmini_mesh"),
                        peer(peers, n.name, multipliers, "axis_systolic_array"));
  }
  const auto nngen = peers.at("nngen").find(n.name);
  if (nngen != peers.at("nngen").end()) {
    std::string list;
    for (const ordered_json& run : *nngen) {
      list += fmt::format("{}{} with {} multipliers", list.empty() ? "" : ", ",
                          grouped(run.at("cycles").get<double>()), run.at("multipliers").get<int>());
    }
    text += fmt::format("\nNNgen, whole accelerator: {} cycles.\n", list);
  }
  const auto macs = peers.at("macs").find(n.name);
  if (macs != peers.at("macs").end()) {
    text += fmt::format("\nMultiply-accumulates to the last exit: {}; the others' network: {}.\n",
                        grouped(static_cast<double>(n.macs)), grouped(macs->get<double>()));
  }
  return text;
}

std::string choice_rows(const std::vector<ChoiceCheck>& checks) {
  std::string text =
      "| network | multipliers | thresholds | faster: predicted | measured | less energy: predicted | at the test "
      "images' rates | right |\n|---|---:|---|---|---|---|---|---|\n";
  for (const ChoiceCheck& c : checks) {
    text += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} |\n", c.network, c.multipliers, c.thresholds,
                        word(c.predicted_faster), c.measured ? word(c.measured_faster) : "-",
                        word(c.predicted_energy), word(c.test_energy),
                        c.measured ? (c.right() ? "yes" : "NO") : "not measured");
  }
  return text;
}

std::vector<ChoiceCheck> all_checks(const Results& results) {
  std::vector<ChoiceCheck> all;
  for (const NetworkResult& n : results.networks) {
    const std::vector<ChoiceCheck> checks = check_choices(n);
    all.insert(all.end(), checks.begin(), checks.end());
  }
  return all;
}

}  // namespace

bool ChoiceCheck::right() const {
  constexpr double kTie = 1.001;
  const auto agree = [&](const explore::Verdict& a, const explore::Verdict& b) {
    return a.better == b.better || (a.ratio < kTie && b.ratio < kTie);
  };
  return agree(predicted_faster, measured_faster) && agree(predicted_energy, test_energy);
}

std::vector<ChoiceCheck> check_choices(const NetworkResult& n) {
  std::vector<ChoiceCheck> checks;
  for (const int multipliers : n.multipliers()) {
    const DesignResult* pipeline = n.find("pipeline", multipliers);
    const DesignResult* parallel = n.find("parallel", multipliers);
    if (pipeline == nullptr || parallel == nullptr || !pipeline->refusal.empty() || !parallel->refusal.empty())
      continue;
    for (const ThresholdCase& c : n.cases) {
      ChoiceCheck check;
      check.network = n.name;
      check.multipliers = multipliers;
      check.thresholds = c.name;
      check.predicted_faster = explore::compare(mean_at(c.tuning_rates, pipeline->model_cycles_by_exit),
                                                mean_at(c.tuning_rates, parallel->model_cycles_by_exit));
      check.predicted_energy = explore::compare(mean_at(c.tuning_rates, pipeline->picojoules_by_exit),
                                                mean_at(c.tuning_rates, parallel->picojoules_by_exit));
      check.measured_faster = explore::compare(mean_at(c.test_rates, pipeline->cycles_by_exit),
                                               mean_at(c.test_rates, parallel->cycles_by_exit));
      check.test_energy = explore::compare(mean_at(c.test_rates, pipeline->picojoules_by_exit),
                                           mean_at(c.test_rates, parallel->picojoules_by_exit));
      check.measured = true;
      for (std::size_t e = 0; e < c.test_rates.size(); ++e) {
        const bool simulated = pipeline->cycles_by_exit.at(e) >= 0 && parallel->cycles_by_exit.at(e) >= 0;
        check.measured = check.measured && (c.test_rates[e] == 0 || simulated);
      }
      checks.push_back(check);
    }
  }
  return checks;
}

ordered_json document_of(const Results& results) {
  ordered_json out;
  out["basis"] =
      "accuracy and exit rates: golden reference on all test images. Cycles, efficiency, bit_exact: measured in "
      "Verilator on `samples` test images, cycles in a stream without stalls, the comparison with random stalls. "
      "model_*: the cycle model. modelled_*: the energy model (docs/energy.md), not measured.";
  out["target"] = results.target;
  out["clock_mhz"] = results.clock_mhz;
  out["networks"] = ordered_json::array();
  for (const NetworkResult& n : results.networks) {
    ordered_json network = {{"network", n.name},
                            {"data", n.data},
                            {"test_images", n.test_images},
                            {"macs", n.macs},
                            {"accuracy_of_the_last_exit", n.final_accuracy}};
    network["thresholds"] = ordered_json::array();
    for (const ThresholdCase& c : n.cases) network["thresholds"].push_back(to_json(c));
    network["designs"] = ordered_json::array();
    for (const DesignResult& d : n.designs) {
      ordered_json design = to_json(d);
      const DesignResult* fixed = n.find("static", d.asked);
      if (fixed != nullptr && fixed->refusal.empty() && d.refusal.empty()) {
        design["speed_up"] = fixed->cycles_mean / d.cycles_mean;
        design["modelled_energy_ratio"] = fixed->picojoules() / d.picojoules();
      }
      network["designs"].push_back(design);
    }
    out["networks"].push_back(network);
  }
  out["choices"] = ordered_json::array();
  for (const ChoiceCheck& c : all_checks(results)) {
    ordered_json check = {{"network", c.network},
                          {"multipliers", c.multipliers},
                          {"thresholds", c.thresholds},
                          {"predicted_faster", json_of(c.predicted_faster)},
                          {"predicted_less_energy", json_of(c.predicted_energy)},
                          {"less_energy_at_test_rates", json_of(c.test_energy)}};
    check["measured_faster"] = c.measured ? json_of(c.measured_faster) : ordered_json();
    check["right"] = c.measured ? ordered_json(c.right()) : ordered_json();
    out["choices"].push_back(check);
  }
  out["left_out"] = ordered_json::array();
  for (const LeftOut& l : results.left_out) out["left_out"].push_back({{"what", l.what}, {"why", l.why}});
  out["others"] = results.peers;
  return out;
}

std::string section_of(const Results& results) {
  std::string text = fmt::format(
      "## Networks, exit strategies, arrays\n\n"
      "Written by `offramp_results` (`scripts/results.sh`); the same with every digit: [results.json](results.json). "
      "Target {}.\n\n"
      "- accuracy, leave at each exit: int8, golden reference on all test images.\n"
      "- cycles: measured in Verilator, first pixel in to result out in a stream of test images without stalls "
      "(bit-exactness was checked on the same images with random stalls). The mean weighs each exit's cycles with its "
      "share of all test images; \"plain mean\" where an exit was taken by none of the simulated ones. worst: of the "
      "simulated images.\n"
      "- model: what the cycle model says at the same exit rates. speed-up, less energy: beside static with the same "
      "array budget. multipliers: of all arrays, so more in parallel.\n"
      "- efficiency: useful MACs / (cycles x all multipliers).\n"
      "- energy: modelled from published coefficients ([energy.md](energy.md)), not measured.\n",
      results.target);
  const bool cifar = std::any_of(results.networks.begin(), results.networks.end(),
                                 [](const NetworkResult& n) { return n.data == "cifar10"; });
  if (cifar) {
    text +=
        "- The CIFAR-10 images are re-encoded as JPEG, for training and test alike: their accuracy is not comparable "
        "with that of papers.\n";
  }
  for (const NetworkResult& n : results.networks) {
    text += fmt::format("\n### {}\n\n{}, {} test images; the last exit alone: {:.2f} %.\n\n{}", n.name,
                        n.data == "cifar10" ? "CIFAR-10 (re-encoded as JPEG)" : n.data, grouped(static_cast<double>(n.test_images)),
                        100 * n.final_accuracy, design_rows(n));
    text += "\nCycles of others for the same number of multipliers, their networks without exits:\n\n" +
            peer_rows(n, results.peers);
  }
  const std::vector<ChoiceCheck> checks = all_checks(results);
  const auto measured = std::count_if(checks.begin(), checks.end(), [](const auto& c) { return c.measured; });
  const auto right =
      std::count_if(checks.begin(), checks.end(), [](const auto& c) { return c.measured && c.right(); });
  const ordered_json& seeds = results.peers.at("seeds");
  text += fmt::format(
      "\n### Dynamic beside static\n\nThe seeds say of their dynamic networks: at least {:.0f} % faster and at least "
      "{:.2f}x less energy than static ({}). Ours:\n\n"
      "| network | multipliers | fastest | speed-up | least energy | less energy |\n|---|---:|---|---:|---|---:|\n",
      100 * (seeds.at("speed_up").get<double>() - 1), seeds.at("energy_ratio").get<double>(),
      seeds.at("source").get<std::string>());
  for (const NetworkResult& n : results.networks) {
    for (const int multipliers : n.multipliers()) {
      const DesignResult* fixed = n.find("static", multipliers);
      if (fixed == nullptr || !fixed->refusal.empty()) continue;
      const DesignResult* fastest = nullptr;
      const DesignResult* thriftiest = nullptr;
      for (const char* strategy : {"pipeline", "parallel"}) {
        const DesignResult* d = n.find(strategy, multipliers);
        if (d == nullptr || !d->refusal.empty()) continue;
        if (fastest == nullptr || d->cycles_mean < fastest->cycles_mean) fastest = d;
        if (thriftiest == nullptr || d->picojoules() < thriftiest->picojoules()) thriftiest = d;
      }
      if (fastest == nullptr) continue;
      text += fmt::format("| {} | {} | {} | {:.2f}x | {} | {:.2f}x |\n", n.name, multipliers, fastest->strategy,
                          fixed->cycles_mean / fastest->cycles_mean, thriftiest->strategy,
                          fixed->picojoules() / thriftiest->picojoules());
    }
  }
  text += fmt::format(
      "\n### Pipeline or parallel: the chooser against the runs\n\nPredicted: cycle model and energy model at the exit "
      "rates of the tuning images. Measured: cycles of the simulated designs at the exit rates of the test images. "
      "Right in {} of {} cases measured.\n\n{}",
      right, measured, choice_rows(checks));
  if (!results.left_out.empty()) {
    text += "\n### Left out\n\n";
    for (const LeftOut& l : results.left_out) text += fmt::format("- {}: {}\n", l.what, l.why);
  }
  return text;
}

std::string with_section(const std::string& page, const std::string& section) {
  const std::size_t begin = page.find(kBegin);
  const std::size_t end = page.find(kEnd);
  const std::string block = fmt::format("{}\n{}{}", kBegin, section, kEnd);
  if (begin == std::string::npos && end == std::string::npos) {
    return page + (page.empty() || page.ends_with("\n\n") ? "" : "\n") + block + "\n";
  }
  if (begin == std::string::npos || end == std::string::npos || end < begin) {
    throw Error(fmt::format("the page has only one of the lines '{}' and '{}', or both in the wrong order; put both "
                            "back or remove both",
                            kBegin, kEnd));
  }
  return page.substr(0, begin) + block + page.substr(end + std::string(kEnd).size());
}

}  // namespace offramp::results
