#include "design/testbench.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace offramp::design {
namespace {

/// Beats of all samples, the first byte of a beat in its low bits.
std::string beats_of(const std::vector<SimSample>& samples, std::size_t bytes) {
  std::string out;
  for (const SimSample& sample : samples) {
    for (std::size_t at = 0; at < sample.pixels.size(); at += bytes) {
      for (std::size_t b = bytes; b-- > 0;) out += fmt::format("{:02x}", sample.pixels[at + b]);
      out += '\n';
    }
  }
  return out;
}

std::string results_of(const std::vector<SimSample>& samples) {
  std::string out;
  for (const SimSample& s : samples) out += fmt::format("{:08x}\n", (s.exit << 16) | s.predicted);
  return out;
}

/// What the bench connects to a port.
std::string connection(const accel::TopPort& p) {
  if (p.name == "ap_clk") return "clk";
  if (p.name == "ap_rst_n") return "rst_n_q";
  if (p.name == "s_axis_tdata") return "beats[beat_q]";
  if (p.name == "s_axis_tvalid") return "sending";
  if (p.name == "s_axis_tlast") return "position_q == BEATS - 1";
  if (p.name == "s_axis_tuser") return "sample_q";
  if (p.name == "m_axis_tready") return "1'b1";
  // Registers keep what they come up with.
  if (p.input) return fmt::format("{}'d0", p.bits);
  return p.name;
}

}  // namespace

Files testbench_files(const Handover& h, const std::vector<SimSample>& samples) {
  if (h.memory_bits() > 0) throw std::logic_error("a testbench without a memory for the weights");
  const auto bytes = static_cast<std::size_t>(h.stream_bits() / 8);
  const std::size_t beats = samples.front().pixels.size() / bytes;
  std::string wires, connections;
  std::size_t longest = 0;
  for (const accel::TopPort& p : h.ports) longest = std::max(longest, p.name.size());
  for (const accel::TopPort& p : h.ports) {
    if (!p.input)
      wires += fmt::format("  wire {}{};\n", p.bits > 1 ? fmt::format("[{}:0] ", p.bits - 1) : "", p.name);
    connections +=
        fmt::format("{}    .{:<{}} ({})", connections.empty() ? "" : ",\n", p.name, longest, connection(p));
  }
  const std::string bench = fmt::format(
      R"(// {top}_tb: images ({count}) through {top}, results against the golden reference. Run from the design folder:
//
//   iverilog -g2009 -s {top}_tb -o {top}_tb.vvp -f files.f sim/{top}_tb.v && vvp -N {top}_tb.vvp
//
// It shows that the design works in a simulator of your choice; `offramp verify` is the proof.

`default_nettype none

module {top}_tb;

  localparam integer SAMPLES = {count};
  localparam integer BEATS = {beats};
  localparam integer LONGEST = 100000000;  // cycles

  reg [{top_bit}:0] beats [0:SAMPLES*BEATS-1];
  reg [31:0] results [0:SAMPLES-1];
  initial $readmemh("sim/samples.hex", beats);
  initial $readmemh("sim/results.hex", results);

  reg clk = 1'b0;
  always #5 clk = ~clk;

  reg rst_n_q = 1'b0;
  reg [31:0] cycle_q = 32'd0;
  reg [31:0] beat_q = 32'd0;
  reg [31:0] position_q = 32'd0;
  reg [15:0] sample_q = 16'd0;
  reg [31:0] answers_q = 32'd0;
  wire sending = rst_n_q && beat_q < SAMPLES * BEATS;

{wires}
  {top} u_design (
{connections}
  );

  always @(posedge clk) begin
    cycle_q <= cycle_q + 32'd1;
    rst_n_q <= cycle_q >= 32'd8;
    if (sending && s_axis_tready) begin
      beat_q <= beat_q + 32'd1;
      position_q <= position_q == BEATS - 1 ? 32'd0 : position_q + 32'd1;
      if (position_q == BEATS - 1) sample_q <= sample_q + 16'd1;
    end
    if (rst_n_q && m_axis_tvalid) begin
      // Bits 30 to 24 are no part of the answer.
      if (m_axis_tuser >= SAMPLES) begin
        $fatal(1, "FAIL: a result with the ID %0d", m_axis_tuser);
      end else if ((m_axis_tdata & 32'h80ff_ffff) !== results[m_axis_tuser[7:0]]) begin
        $fatal(1, "FAIL: image %0d gave %h, expected %h", m_axis_tuser, m_axis_tdata, results[m_axis_tuser[7:0]]);
      end
      answers_q <= answers_q + 32'd1;
      if (answers_q + 32'd1 == SAMPLES) begin
        $display("PASS: %0d of %0d results in %0d cycles", SAMPLES, SAMPLES, cycle_q);
        $finish;
      end
    end
    if (cycle_q == LONGEST) $fatal(1, "FAIL: %0d of %0d results in %0d cycles", answers_q, SAMPLES, cycle_q);
  end

endmodule

`default_nettype wire
)",
      fmt::arg("top", h.top), fmt::arg("count", samples.size()), fmt::arg("beats", beats),
      fmt::arg("top_bit", h.stream_bits() - 1), fmt::arg("wires", wires),
      fmt::arg("connections", connections));
  return {{fmt::format("sim/{}_tb.v", h.top), bench},
          {"sim/samples.hex", beats_of(samples, bytes)},
          {"sim/results.hex", results_of(samples)}};
}

}  // namespace offramp::design
