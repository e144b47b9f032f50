#include "accel/residual_path.h"

#include "blocks/pipeline.h"
#include "blocks/residual.h"

namespace offramp::accel {

hw::Value add_residuals(hw::ModuleBuilder& m, const EngineConfig& config, const ResidualInputs& in) {
  using blocks::delayed;
  const int count = config.shape.lanes * config.shape.columns;
  const int rw = config.result_bits;
  const auto odd_h = delayed(m, in.ck, "odd_g", in.odd_g, 1);
  const auto odd_i = delayed(m, in.ck, "odd_h", odd_h, 1);
  const auto odd_j = delayed(m, in.ck, "odd_i", odd_i, 1);
  const auto b_signed = in.of_layer("residual_signed", in.odd_g);
  const auto weight_a = in.of_layer("weight_a", in.odd_g);
  const auto weight_b = in.of_layer("weight_b", in.odd_g);
  const auto multiplier = in.of_layer("add_multiplier", odd_h);
  const auto shift = in.of_layer("add_shift", odd_i);
  const auto add = in.of_layer("residual", odd_j);
  const auto low = in.of_layer("add_low", odd_j);
  const auto high = in.of_layer("add_high", odd_j);
  auto sums = m.wire("sums", hw::uint(count * rw));
  m.generate_for("gen_residual", count, [&](hw::IntExpr i) {
    auto u = m.instance("u_residual_add", blocks::ResidualAdd{},
                        {.ck = in.ck,
                         .params = {{"RESULT_W", rw},
                                    {"ELEMENT_W", config.data_bits},
                                    {"WEIGHT_W", config.sequencer.format.add_weight_bits}}});
    u.in(u.ports.a, hw::as_signed(hw::part(in.results, i * rw, rw)));
    u.in(u.ports.b, hw::part(in.residuals, i * config.data_bits, config.data_bits));
    u.in(u.ports.b_signed, b_signed);
    u.in(u.ports.weight_a, weight_a);
    u.in(u.ports.weight_b, weight_b);
    u.in(u.ports.multiplier, multiplier);
    u.in(u.ports.shift, shift);
    u.in(u.ports.add, add);
    u.in(u.ports.low, low);
    u.in(u.ports.high, high);
    m.drive(hw::part(sums, i * rw, rw), hw::as_unsigned(u.out(u.ports.result, "sum")));
  });
  return sums;
}

}  // namespace offramp::accel
