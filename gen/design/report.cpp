#include "design/report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <string_view>

#include "design/svg.h"

namespace offramp::design {
namespace {

using accel::Strategy;

constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --page: #f6f7f9; --card: #ffffff; --ink: #1b2430; --soft: #5b6775; --line: #dfe4ea;
  --blue: #2f6fd0; --blue-soft: #dce8fa; --amber: #b4640c; --amber-soft: #fbe6cd; --green: #1c7c46; --red: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --page: #11161d; --card: #19212b; --ink: #e6ebf1; --soft: #9aa7b5; --line: #2c3744;
    --blue: #5b96ee; --blue-soft: #20334f; --amber: #dd9440; --amber-soft: #46331c; --green: #5cc48a; --red: #f08a80; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto,
  "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1040px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 26px; margin: 0 0 4px; letter-spacing: -0.01em; }
h2 { font-size: 18px; margin: 0 0 12px; }
p { margin: 0 0 12px; } .soft { color: var(--soft); }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 20px; margin-top: 18px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin-top: 20px; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 14px 16px; }
.tile b { display: block; font-size: 21px; font-weight: 650; letter-spacing: -0.01em; }
.tile span { color: var(--soft); font-size: 13px; }
.good b { color: var(--green); } .bad b { color: var(--red); }
.scroll { overflow-x: auto; } .scroll svg { display: block; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: right; font-weight: 600; color: var(--soft); font-size: 13px; }
td, th { padding: 6px 10px; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
td.text, th.text { text-align: left; } td.wrap { white-space: normal; text-align: left; }
tr:last-child td { border-bottom: 0; }
.meter { display: inline-block; width: 90px; height: 8px; border-radius: 4px; background: var(--blue-soft);
  vertical-align: middle; margin-left: 8px; overflow: hidden; }
.meter i { display: block; height: 100%; background: var(--blue); }
code { font: 13px ui-monospace, "DejaVu Sans Mono", Menlo, monospace; }
svg text { font: 12px system-ui, "Segoe UI", Roboto, Arial, sans-serif; fill: var(--ink); text-anchor: middle; }
svg .name { font-weight: 600; } svg .detail { fill: var(--soft); font-size: 11px; }
svg .inverse { fill: #ffffff; } svg .detail.inverse { fill: #ffffff; opacity: .9; }
svg .box { fill: var(--blue-soft); stroke: var(--blue); } svg .box.branch { fill: var(--amber-soft);
  stroke: var(--amber); }
svg .exit { fill: #2c7a4b; } svg .edge { fill: none; stroke: var(--soft); stroke-width: 1.4; }
svg .span { fill: var(--blue-soft); stroke: var(--blue); } svg .span.branch { fill: var(--amber-soft);
  stroke: var(--amber); }
svg .grid { stroke: var(--line); } svg .tick { fill: var(--soft); font-size: 11px; }
svg .engine { text-anchor: end; font-weight: 600; } svg .inside { font-size: 11px; pointer-events: none; }
)";

std::string percent(double share) {
  return fmt::format("{:.2f} %", 100 * share);
}

/// 1234567 as 1 234 567, with blanks that do not break.
std::string grouped(std::uint64_t value) {
  std::string digits = fmt::format("{}", value);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), "\u202f");
  }
  return digits;
}

std::string tile(const std::string& value, const std::string& what, const char* kind = "") {
  return fmt::format("<div class=\"tile {}\"><b>{}</b><span>{}</span></div>\n", kind, escape(value),
                     escape(what));
}

/// For a data URL.
std::string percent_encoded(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                       std::string_view(" -_.,;:/()=!@*'").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

/// Facts that several parts of the page use.
class Page {
 public:
  explicit Page(const ReportInput& input) : in_(input), network_(input.accelerator.network) {
    if (in_.verification) performance_ = performance(*in_.verification, in_.estimate);
  }

  [[nodiscard]] std::string html() const {
    const std::string title = fmt::format("{} \u2014 {}", in_.manifest.top, in_.target.board);
    return fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n"
        "<style>{}</style>\n</head>\n<body>\n<main>\n{}{}{}{}{}{}{}{}{}{}</main>\n</body>\n</html>\n",
        escape(title), kStyle, headline(), tiles(), network_section(), exits_section(), promise_section(),
        fronts_section(), layers_section(), timeline_section(), proof_section(), provenance_section());
  }

 private:
  [[nodiscard]] bool is_static() const { return in_.accelerator.options.strategy == Strategy::static_; }
  [[nodiscard]] std::size_t exits() const { return network_.exits.size(); }

  [[nodiscard]] std::string headline() const {
    return fmt::format(
        "<h1>{}</h1>\n<p class=\"soft\">Exit strategy <b>{}</b> on {} ({}), {} multipliers, clock {:g} MHz "
        "(a design "
        "target, not measured). Made by offramp {}.</p>\n",
        escape(in_.manifest.top), escape(in_.manifest.strategy), escape(in_.target.board),
        escape(in_.target.part), in_.estimate.multipliers, in_.target.clock_mhz,
        escape(in_.manifest.version));
  }

  [[nodiscard]] std::string tiles() const {
    std::string out = "<div class=\"tiles\">\n";
    if (performance_) {
      const Verification& v = *in_.verification;
      out += v.bit_exact ? tile("bit-exact", fmt::format("on {} test images", v.samples), "good")
                         : tile("differs", "from the golden reference", "bad");
      out +=
          tile(percent(v.test_accuracy), fmt::format("accuracy on {} test images", grouped(v.test_images)));
      out += tile(fmt::format("{:.1f}", performance_->mean_cycles()), "cycles per image, mean");
      out += tile(fmt::format("{:.2f} \u00b5s", performance_->mean_cycles() / in_.target.clock_mhz),
                  fmt::format("latency at {:g} MHz", in_.target.clock_mhz));
      out += tile(fmt::format("{:.1f} %", 100 * performance_->mac_efficiency), "of all multipliers busy");
    } else {
      out += tile("not verified yet", "run 'offramp verify' on this design");
      out += tile(fmt::format("{}", in_.estimate.cycles_by_exit.back()), "cycles to the last exit, modelled");
    }
    out += tile(fmt::format("{}", in_.estimate.multipliers), "multipliers");
    return out + "</div>\n";
  }

  /// Layers that this accelerator runs, by index in the quantized network.
  [[nodiscard]] bool is_built(int layer) const {
    return !is_static() || quant::branch_of(network_, layer) < 0;
  }

  [[nodiscard]] std::string network_section() const {
    std::vector<DiagramNode> nodes;
    std::map<int, int> maker;  // tensor to node
    const net::Shape& input = network_.tensors.front().shape;
    const auto size = [](const net::Shape& s) {
      return s.height == 1 && s.width == 1 ? fmt::format("{}", s.channels)
                                           : fmt::format("{} x {} x {}", s.channels, s.height, s.width);
    };
    nodes.push_back({.name = "input", .detail = size(input), .column = 0, .row = 0, .inputs = {}});
    maker[0] = 0;
    int column = 0;
    std::map<int, int> branch_column;
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      const quant::QLayer& l = network_.layers[i];
      if (!is_built(static_cast<int>(i))) continue;
      const int branch = quant::branch_of(network_, static_cast<int>(i));
      DiagramNode n{.name = l.name,
                    .detail = size(network_.tensors[static_cast<std::size_t>(l.output)].shape),
                    .column = 0,
                    .row = branch + 1,
                    .inputs = {}};
      for (const int t : l.inputs) n.inputs.push_back(maker.at(t));
      if (branch < 0) {
        n.column = ++column;
      } else {
        const int tap = nodes[static_cast<std::size_t>(n.inputs.front())].column;
        n.column = branch_column[branch] = std::max(branch_column[branch], tap) + 1;
      }
      maker[l.output] = static_cast<int>(nodes.size());
      nodes.push_back(n);
    }
    std::vector<DiagramExit> ends;
    for (std::size_t e = 0; e < exits(); ++e) {
      const auto at = maker.find(network_.exits[e].logits);
      if (at == maker.end()) continue;
      ends.push_back({.node = at->second,
                      .label = e + 1 == exits() ? "final exit" : fmt::format("exit {}", e),
                      .detail = in_.verification ? percent(in_.verification->test_exit_rates.at(e)) : ""});
    }
    return fmt::format(
        "<section><h2>Network</h2>\n<div class=\"scroll\">{}</div>\n<p class=\"soft\">Sizes are channels x "
        "rows x "
        "columns of what a layer gives.{}</p></section>\n",
        network_diagram(nodes, ends),
        is_static() && exits() > 1 ? " The static baseline has no exit branches." : "");
  }

  [[nodiscard]] std::string exits_section() const {
    if (!in_.verification) return "";
    const Verification& v = *in_.verification;
    std::vector<Share> shares;
    std::string rows;
    for (std::size_t e = 0; e < exits(); ++e) {
      const bool last = e + 1 == exits();
      const quant::QExit& x = network_.exits[e];
      if (is_static() && !last) continue;
      shares.push_back({last ? "final exit" : fmt::format("exit {}", e), v.test_exit_rates.at(e)});
      const std::string rule =
          last ? "always taken"
               : fmt::format("{} {} {:g}", fixed::measure_of(x.criterion),
                             x.criterion == fixed::Criterion::entropy ? "&lt;" : "&ge;", x.level);
      rows += fmt::format(
          "<tr><td class=\"text\">{}</td><td "
          "class=\"text\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
          escape(x.name), rule, percent(v.test_exit_rates.at(e)),
          v.test_exit_rates.at(e) == 0 ? "\u2013" : percent(v.test_exit_accuracy.at(e)),
          performance_->cycles_by_exit.at(e) ? fmt::format("{:.1f}", *performance_->cycles_by_exit[e])
                                             : std::string("\u2013"),
          in_.estimate.cycles_by_exit.at(e));
    }
    return fmt::format(
        "<section><h2>Exits</h2>\n<div class=\"scroll\">{}</div>\n<div class=\"scroll\"><table>\n<tr><th "
        "class=\"text\">exit</th><th class=\"text\">rule</th><th>share of test images</th><th>accuracy of "
        "those</th><th>cycles, measured</th><th>cycles, modelled</th></tr>\n{}</table></div></section>\n",
        share_bar(shares), rows);
  }

  [[nodiscard]] std::string promise_section() const {
    if (in_.promise.empty() || is_static()) return "";
    return fmt::format(
        "<section><h2>What the thresholds promise</h2>\n<p>{}</p>\n<p class=\"soft\">For the thresholds "
        "out of reset, and images like those that calibrated them; <code>certificate.json</code> in this "
        "design "
        "has the counts, the bound and every step of the test.</p></section>\n",
        escape(in_.promise));
  }

  [[nodiscard]] std::string fronts_section() const {
    if (in_.plots.empty()) return "";
    std::string images;
    // As images of their own, so that each keeps its style and follows the reader's light or dark setting.
    for (const std::string& plot : in_.plots) {
      images += "<img style=\"max-width:100%\" alt=\"accuracy against cost\" src=\"data:image/svg+xml," +
                percent_encoded(plot) + "\">\n";
    }
    return "<section><h2>What thresholds could do</h2>\n" + images +
           "<p class=\"soft\">Every criterion at its best thresholds on the test images; nothing here was "
           "chosen "
           "on other images than it is shown on, so it is what there is to gain and no promise. Costs are "
           "modelled, energy to a factor of three.</p></section>\n";
  }

  [[nodiscard]] std::string layers_section() const {
    std::string rows;
    for (const model::LayerCycles& l : in_.estimate.layers) {
      int multipliers = in_.estimate.multipliers;
      for (const accel::EnginePlan& e : in_.accelerator.engines) {
        if (e.name == l.engine) multipliers = e.shape.multipliers();
      }
      const double busy =
          l.cycles > 0 ? static_cast<double>(l.macs) / (static_cast<double>(l.cycles) * multipliers) : 0;
      std::string shape;
      std::string acc;
      for (const accel::EnginePlan& e : in_.accelerator.engines) {
        for (const accel::LayerPlan& plan : e.layers) {
          if (e.name != l.engine || plan.name != l.layer) continue;
          const net::Shape& s = network_.tensors[static_cast<std::size_t>(plan.output)].shape;
          shape = fmt::format("{} x {} x {}", s.channels, s.height, s.width);
          acc = fmt::format("{}", network_.layers[static_cast<std::size_t>(plan.qlayer)].acc_bits);
        }
      }
      rows += fmt::format(
          "<tr><td class=\"text\">{}</td><td "
          "class=\"text\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>"
          "<td>{:.1f} %<span class=\"meter\"><i style=\"width:{:.1f}%\"></i></span></td></tr>\n",
          escape(l.layer), escape(l.engine), shape, acc, grouped(static_cast<std::uint64_t>(l.macs)),
          grouped(static_cast<std::uint64_t>(l.cycles)), 100 * busy, std::min(100.0, 100 * busy));
    }
    return fmt::format(
        "<section><h2>Layers</h2>\n<div class=\"scroll\"><table>\n<tr><th class=\"text\">layer</th><th "
        "class=\"text\">engine</th><th>gives</th><th>accumulator "
        "bits</th><th>MACs</th><th>cycles</th><th>multipliers "
        "of the engine busy</th></tr>\n{}</table></div></section>\n",
        rows);
  }

  [[nodiscard]] std::string timeline_section() const {
    std::map<int, std::int64_t> end_of_tensor;
    std::vector<TimelineRow> rows;
    for (const accel::EnginePlan& engine : in_.accelerator.engines) {
      TimelineRow row{.engine = engine.name, .spans = {}};
      std::int64_t now = -1;
      for (const accel::LayerPlan& plan : engine.layers) {
        const auto found =
            std::find_if(in_.estimate.layers.begin(), in_.estimate.layers.end(),
                         [&](const auto& l) { return l.engine == engine.name && l.layer == plan.name; });
        if (found == in_.estimate.layers.end()) continue;
        if (now < 0) {
          // A classifier of its own begins when the layer that it taps has been written.
          const int tapped = network_.layers[static_cast<std::size_t>(plan.qlayer)].inputs.front();
          const auto source = end_of_tensor.find(tapped);
          now = source == end_of_tensor.end() ? 0 : source->second;
        }
        row.spans.push_back({.label = plan.name,
                             .start = now,
                             .cycles = found->cycles,
                             .branch = quant::branch_of(network_, plan.qlayer) >= 0});
        now += found->cycles;
        end_of_tensor[plan.output] = now;
      }
      rows.push_back(std::move(row));
    }
    return fmt::format(
        "<section><h2>Where the cycles go</h2>\n<div class=\"scroll\">{}</div>\n<p class=\"soft\">One sample "
        "that "
        "meets every exit, in clock cycles, modelled from the schedule; the project's tests hold these "
        "cycles equal to "
        "the RTL's. Rest the pointer on a bar for its figures.</p></section>\n",
        timeline(rows));
  }

  [[nodiscard]] std::string proof_section() const {
    if (!in_.verification) {
      return "<section><h2>Bit-exactness</h2>\n<p>Not verified yet: run <code>offramp verify</code> on this "
             "design.</p></section>\n";
    }
    const Verification& v = *in_.verification;
    std::string verdict;
    if (v.bit_exact) {
      verdict = fmt::format(
          "<p>The Verilog computes what the golden fixed-point reference computes, bit for bit: {} values of "
          "{} test "
          "images were compared (every layer's tensor, the logits, the confidence sums, the decisions and "
          "the classes) "
          "{}, and none differs. Choice of images and stalls: seed {}.</p>\n",
          grouped(v.values_compared), v.samples,
          v.stalls ? "under random back-pressure on both streams" : "without stalls", v.seed);
    } else if (v.first_mismatch) {
      const Verification::Mismatch& m = *v.first_mismatch;
      verdict = fmt::format(
          "<p><b>The Verilog differs from the golden reference.</b> First: test image {}, {}, {}: expected "
          "{}, got {}. "
          "Reproduce with <code>{}</code></p>\n",
          m.sample, escape(m.layer), escape(m.position), m.expected, m.got, escape(m.reproduce));
    } else {
      verdict = "<p><b>The Verilog differs from the golden reference.</b></p>\n";
    }
    const std::string mean_basis =
        performance_->test_cycles_mean
            ? fmt::format(
                  "measured: mean cycles of the simulated images that leave at each exit, weighted with the "
                  "exit "
                  "rates of all {} test images",
                  grouped(v.test_images))
            : fmt::format("measured: mean over the {} simulated images", v.samples);
    const auto row = [](const char* figure, const std::string& basis) {
      return fmt::format("<tr><td class=\"text\">{}</td><td class=\"wrap\">{}</td></tr>\n", figure,
                         escape(basis));
    };
    return "<section><h2>Bit-exactness, and how each figure was obtained</h2>\n" + verdict +
           "<div class=\"scroll\"><table>\n" +
           row("bit-exact, values compared",
               fmt::format("measured: RTL simulation in Verilator of {} test images, "
                           "against the golden reference",
                           v.samples)) +
           row("accuracy, exit shares",
               fmt::format("golden fixed-point reference on all {} test images", grouped(v.test_images))) +
           row("cycles per image", mean_basis + "; a stream without stalls, from result to result") +
           row("latency",
               fmt::format("cycles per image at {:g} MHz, a design target: no place and route was run",
                           in_.target.clock_mhz)) +
           row("multipliers busy",
               "useful multiply-accumulates of the layers executed / (cycles x all multipliers)") +
           row("cycles per layer, memory", "modelled from the schedule") + "</table></div></section>\n";
  }

  [[nodiscard]] std::string provenance_section() const {
    std::string rows = fmt::format(
        "<tr><td class=\"text\">on-chip memory, modelled</td><td class=\"wrap\">{} bits of weights, {} bits "
        "of "
        "activations; {} has {} bits</td></tr>\n",
        grouped(static_cast<std::uint64_t>(in_.estimate.weight_bits)),
        grouped(static_cast<std::uint64_t>(in_.estimate.activation_bits)), escape(in_.target.part),
        grouped(static_cast<std::uint64_t>(in_.target.on_chip_bits)));
    for (const auto& [name, value] : in_.manifest.configuration) {
      rows += fmt::format("<tr><td class=\"text\">{}</td><td class=\"wrap\">{}</td></tr>\n", escape(name),
                          escape(value));
    }
    for (const auto& [name, hash] : in_.manifest.inputs) {
      rows +=
          fmt::format("<tr><td class=\"text\">{}</td><td class=\"wrap\"><code>SHA-256 {}</code></td></tr>\n",
                      escape(name), escape(hash));
    }
    return "<section><h2>Made from</h2>\n<div class=\"scroll\"><table>\n" + rows +
           "</table></div></section>\n";
  }

  const ReportInput& in_;
  const quant::QNetwork& network_;
  std::optional<Performance> performance_;
};

}  // namespace

std::string render_report(const ReportInput& input) {
  return Page(input).html();
}

}  // namespace offramp::design
