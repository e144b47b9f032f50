// What was compared with what, how each figure was obtained, and what the design was made from.
#include <fmt/format.h>

#include "design/report_parts.h"
#include "design/svg.h"

namespace offramp::design {

std::string proof_section(const ReportFacts& r) {
  if (!r.in.verification) {
    return "<section><h2>Bit-exactness</h2>\n<p>Not verified yet: run <code>offramp verify</code> on this "
           "design.</p></section>\n";
  }
  const Verification& v = *r.in.verification;
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
      r.performance->test_cycles_mean
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
                         r.in.target.clock_mhz)) +
         row("multipliers busy",
             "useful multiply-accumulates of the layers executed / (cycles x all multipliers)") +
         row("cycles per layer, memory", "modelled from the schedule") + "</table></div></section>\n";
}

std::string provenance_section(const ReportFacts& r) {
  std::string rows = fmt::format(
      "<tr><td class=\"text\">on-chip memory, modelled</td><td class=\"wrap\">{} bits of weights, {} bits "
      "of "
      "activations; {} has {} bits</td></tr>\n",
      grouped(static_cast<std::uint64_t>(r.in.estimate.weight_bits)),
      grouped(static_cast<std::uint64_t>(r.in.estimate.activation_bits)), escape(r.in.target.part),
      grouped(static_cast<std::uint64_t>(r.in.target.on_chip_bits)));
  for (const auto& [name, value] : r.in.manifest.configuration) {
    rows += fmt::format("<tr><td class=\"text\">{}</td><td class=\"wrap\">{}</td></tr>\n", escape(name),
                        escape(value));
  }
  for (const auto& [name, hash] : r.in.manifest.inputs) {
    rows +=
        fmt::format("<tr><td class=\"text\">{}</td><td class=\"wrap\"><code>SHA-256 {}</code></td></tr>\n",
                    escape(name), escape(hash));
  }
  return "<section><h2>Made from</h2>\n<div class=\"scroll\"><table>\n" + rows + "</table></div></section>\n";
}

}  // namespace offramp::design
