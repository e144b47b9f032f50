#include "verif/trust/campaign_state.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "base/error.h"
#include "base/files.h"

namespace offramp::trust {

namespace fs = std::filesystem;

void CampaignTotals::add(const Examined& e) {
  ++modules;
  if (e.verdict.failure.empty()) {
    ++passed;
  } else {
    failures.push_back(fmt::format("seed {}: {}", e.specimen.seed, e.verdict.failure));
  }
  bits += e.verdict.bits;
  unknown += e.verdict.unknown;
  for (const auto& [tool, n] : e.verdict.compared) compared[name_of(tool)] += n;
  for (const auto& [name, n] : e.covered) covered[name] += n;
}

void CampaignTotals::add(const CampaignTotals& other) {
  modules += other.modules;
  passed += other.passed;
  bits += other.bits;
  unknown += other.unknown;
  for (const auto& [name, n] : other.compared) compared[name] += n;
  for (const auto& [name, n] : other.covered) covered[name] += n;
  failures.insert(failures.end(), other.failures.begin(), other.failures.end());
}

namespace {

using Pairs = std::map<std::string, std::uint64_t>;

std::string pairs_text(const Pairs& pairs) {
  std::string text;
  for (const auto& [name, n] : pairs) text += fmt::format("{}{}={}", text.empty() ? "" : ";", name, n);
  return text;
}

Pairs parse_pairs(const std::string& text) {
  Pairs pairs;
  std::istringstream in(text);
  for (std::string item; std::getline(in, item, ';');) {
    if (const auto at = item.rfind('='); at != std::string::npos)
      pairs[item.substr(0, at)] = std::stoull(item.substr(at + 1));
  }
  return pairs;
}

std::string failures_text(const std::vector<std::string>& failures) {
  std::string text;
  for (const auto& f : failures) text += (text.empty() ? "" : ";") + f;
  return text;
}

}  // namespace

CampaignState::CampaignState(fs::path file) : file_(std::move(file)) {
  if (file_.empty() || !fs::exists(file_)) return;
  std::string text = read_file(file_);
  text.resize(text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1);
  write_file(file_, text);
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> field;
    std::istringstream fields(line);
    for (std::string f; std::getline(fields, f, '\t');) field.push_back(f);
    field.resize(9);
    try {
      CampaignTotals t;
      t.modules = std::stoull(field[2]);
      t.passed = std::stoull(field[3]);
      t.bits = std::stoull(field[4]);
      t.unknown = std::stoull(field[5]);
      t.compared = parse_pairs(field[6]);
      t.covered = parse_pairs(field[7]);
      std::istringstream failures(field[8]);
      for (std::string f; std::getline(failures, f, ';');) t.failures.push_back(f);
      batches_[{std::stoull(field[0]), std::stoull(field[1])}] = std::move(t);
    } catch (const std::logic_error&) {  // of stoull
      throw Error(fmt::format("{}: not a campaign's state: '{}'", file_.string(), line));
    }
  }
}

const CampaignTotals* CampaignState::find(std::uint64_t first, std::uint64_t count) const {
  const auto it = batches_.find({first, count});
  return it == batches_.end() ? nullptr : &it->second;
}

void CampaignState::add(std::uint64_t first, std::uint64_t count, const CampaignTotals& t) {
  batches_[{first, count}] = t;
  if (file_.empty()) return;
  std::ofstream out(file_, std::ios::app);
  out << fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", first, count, t.modules, t.passed, t.bits,
                     t.unknown, pairs_text(t.compared), pairs_text(t.covered), failures_text(t.failures));
  if (!out.flush()) throw Error("cannot write " + file_.string());
}

std::string summary(const CampaignTotals& totals, const TrustOptions& options, std::uint64_t seed) {
  std::string text = fmt::format(
      "# The trust test of the hardware framework\n\n"
      "Random legal modules, each compared bit by bit: what the interpreter of the IR computes must be what "
      "two "
      "simulators\nmake of the printed Verilog, and what the netlist of a synthesis tool does. Written by\n"
      "`offramp_hw_campaign --seed {} --count {} --cycles {} --summary docs/results_hw.md`.\n\n",
      seed, totals.modules, options.cycles);
  text += fmt::format(
      "| what | number |\n|---|---|\n| modules | {} |\n| of them alike everywhere | {} |\n| that differ or "
      "are "
      "refused | {} |\n| bits of outputs after reset | {} |\n| of them unknown to the interpreter | {} "
      "({:.1f} %) "
      "|\n",
      totals.modules, totals.passed, totals.failures.size(), totals.bits, totals.unknown,
      totals.bits == 0 ? 0.0
                       : 100.0 * static_cast<double>(totals.unknown) / static_cast<double>(totals.bits));
  text +=
      "\nWhat the interpreter does not know (a register before it is set, a word that was never written) is "
      "compared with\nnothing. Bits compared, by tool:\n\n| tool | version | bits |\n|---|---|---|\n";
  for (const Tool tool : options.tools) {
    const auto it = totals.compared.find(name_of(tool));
    text += fmt::format("| {} | {} | {} |\n", name_of(tool), version_of(tool),
                        it == totals.compared.end() ? 0 : it->second);
  }
  text += "\n## Failures\n\n";
  if (totals.failures.empty()) text += "None.\n";
  for (const auto& f : totals.failures) text += "- " + f + "\n";
  text +=
      "\n## Operators and constructs\n\nHow often each occurs in these modules.\n\n| what | times "
      "|\n|---|---|\n";
  for (const auto& name : coverable()) {
    const auto it = totals.covered.find(name);
    text += fmt::format("| {} | {} |\n", name, it == totals.covered.end() ? 0 : it->second);
  }
  return text;
}

}  // namespace offramp::trust
