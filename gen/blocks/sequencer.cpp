#include "blocks/sequencer.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "blocks/weight_bank.h"

namespace offramp::blocks {
namespace {

/// A register that the program fills for each layer.
struct Field {
  hw::Reg reg;
  std::function<int(const ProgramWord&)> value;
};

int modulo(int value, int bits) {
  return value & ((1 << bits) - 1);
}

}  // namespace

Sequencer::Ports Sequencer::build(hw::ModuleBuilder& m) const {
  m.doc(
      fmt::format("Sequencer of the {} engine: {} layers, one pixel group a cycle.", engine, program.size()));
  const int layers = static_cast<int>(program.size());
  const int layer_bits = index_bits(layers);
  int largest = 1;
  for (const ProgramWord& w : program) {
    largest = std::max({largest, w.pixels, w.lines, w.groups, w.rows, w.k_tiles, w.channel_tiles});
  }
  const hw::Type count = hw::uint(index_bits(largest + 1));
  const hw::Type address = hw::uint(address_bits);
  const hw::Type coordinate = hw::sint(coordinate_bits);
  const hw::Type result = hw::sint(result_bits);

  Ports p;
  p.ck = m.clocking();
  p.start = m.input("start_i", hw::bit(), "begin a sample");
  p.flush = m.input("flush_i", hw::bit(), "drop the sample at once");
  p.hold = m.input("hold_i", hw::bit(), "the decision unit is busy: a layer that makes logits must wait");
  p.parity = m.input("parity_i", hw::bit(), "which place the sample's input has");
  p.layer = m.output("layer_o", hw::uint(layer_bits), "the layer that runs");
  p.layer_done = m.output("layer_done_o", hw::bit(), "its last result is being written");
  p.height = m.output("height_o", coordinate);
  p.width = m.output("width_o", coordinate);
  p.lane_step = m.output("lane_step_o", address);
  p.lane_x_step = m.output("lane_x_step_o", coordinate);
  p.out_lane_step = m.output("out_lane_step_o", address);
  p.pad_value = m.output("pad_value_o", hw::uint(data_bits));
  p.is_signed = m.output("signed_o", hw::bit());
  p.low = m.output("low_o", result);
  p.high = m.output("high_o", result);
  p.to_decision = m.output("to_decision_o", hw::bit());
  p.exit = m.output("exit_o", hw::uint(exit_bits));
  p.issue = m.output("issue_o", hw::bit());
  p.address = m.output("address_o", address);
  p.y = m.output("y_o", coordinate);
  p.x = m.output("x_o", coordinate);
  p.tile = m.output("tile_o", hw::uint(tile_bits));
  p.weight_load = m.output("weight_load_o", hw::bit());
  p.weight = m.output("weight_o", hw::uint(weight_bits));
  p.pixel = m.output("pixel_o", hw::uint(pixel_bits), "number of the pixel group in its tile");
  p.channel_group = m.output("channel_group_o", hw::uint(group_bits));
  p.out_address = m.output("out_address_o", address);
  p.k_first = m.output("k_first_o", hw::bit());
  p.k_last = m.output("k_last_o", hw::bit());
  p.window_first = m.output("window_first_o", hw::bit());
  p.window_last = m.output("window_last_o", hw::bit());
  p.lane_mask = m.output("lane_mask_o", hw::uint(lanes));
  p.column_mask = m.output("column_mask_o", hw::uint(columns));

  m.section("The program: one word a layer, read while the layer is fetched");
  auto layer_q = m.reg("layer_q", hw::uint(layer_bits), {.reset = 0});
  std::vector<Field> fields;
  auto field = [&](const std::string& name, const hw::Type& type,
                   std::function<int(const ProgramWord&)> value) {
    fields.push_back({m.reg(name, type), std::move(value)});
    return fields.back().reg;
  };
  auto wrapped = [&](const std::string& name, auto value) {
    return field(name, address,
                 [value, bits = address_bits](const ProgramWord& w) { return modulo(value(w), bits); });
  };
  const auto last_pixel_n = field("last_pixel_q", count, [](const ProgramWord& w) { return w.pixels - 1; });
  const auto last_line_n = field("last_line_q", count, [](const ProgramWord& w) { return w.lines - 1; });
  const auto last_group_n = field("last_group_q", count, [](const ProgramWord& w) { return w.groups - 1; });
  const auto last_row_n = field("last_row_q", count, [](const ProgramWord& w) { return w.rows - 1; });
  const auto last_k_n = field("last_k_tile_q", count, [](const ProgramWord& w) { return w.k_tiles - 1; });
  const auto last_ct_n =
      field("last_channel_tile_q", count, [](const ProgramWord& w) { return w.channel_tiles - 1; });
  const auto first_address = wrapped("first_address_q", [](const ProgramWord& w) { return w.address; });
  const auto from_input =
      field("from_input_q", hw::bit(), [](const ProgramWord& w) { return w.from_input ? 1 : 0; });
  const auto first_y = field("first_y_q", coordinate, [](const ProgramWord& w) { return w.y; });
  const auto first_x = field("first_x_q", coordinate, [](const ProgramWord& w) { return w.x; });
  constexpr std::array kLevel = {"pixel", "line", "window", "row"};
  std::array<hw::Reg, 4> address_by, y_by, x_by;
  for (std::size_t i = 0; i < kLevel.size(); ++i) {
    address_by[i] = wrapped(fmt::format("address_{}_step_q", kLevel[i]),
                            [i](const ProgramWord& w) { return w.address_step[i]; });
    y_by[i] = field(fmt::format("y_{}_step_q", kLevel[i]), coordinate,
                    [i](const ProgramWord& w) { return w.y_step[i]; });
    x_by[i] = field(fmt::format("x_{}_step_q", kLevel[i]), coordinate,
                    [i](const ProgramWord& w) { return w.x_step[i]; });
  }
  const auto first_tile =
      field("first_tile_q", hw::uint(tile_bits), [](const ProgramWord& w) { return w.tile; });
  const auto own_tiles =
      field("own_tiles_q", hw::bit(), [](const ProgramWord& w) { return w.own_tiles ? 1 : 0; });
  const auto first_weight =
      field("first_weight_q", hw::uint(weight_bits), [](const ProgramWord& w) { return w.weight; });
  const auto first_group = field("first_channel_group_q", hw::uint(group_bits),
                                 [](const ProgramWord& w) { return w.channel_group; });
  const auto first_out = wrapped("first_out_q", [](const ProgramWord& w) { return w.out_address; });
  const auto out_step = wrapped("out_step_q", [](const ProgramWord& w) { return w.out_step; });
  const auto out_row_step = wrapped("out_row_step_q", [](const ProgramWord& w) { return w.out_row_step; });
  const auto last_lanes =
      field("last_lanes_q", hw::uint(lanes), [](const ProgramWord& w) { return (1 << w.last_lanes) - 1; });
  const auto last_columns = field("last_columns_q", hw::uint(columns), [](const ProgramWord& w) {
    return static_cast<int>((1LL << w.last_columns) - 1);
  });
  std::vector<std::pair<hw::Out, hw::Reg>> steady;  // outputs that are fields as they are
  steady.emplace_back(p.height, field("height_q", coordinate, [](const ProgramWord& w) { return w.height; }));
  steady.emplace_back(p.width, field("width_q", coordinate, [](const ProgramWord& w) { return w.width; }));
  steady.emplace_back(p.lane_step, wrapped("lane_step_q", [](const ProgramWord& w) { return w.lane_step; }));
  steady.emplace_back(p.lane_x_step,
                      field("lane_x_step_q", coordinate, [](const ProgramWord& w) { return w.lane_x_step; }));
  steady.emplace_back(p.out_lane_step,
                      wrapped("out_lane_step_q", [](const ProgramWord& w) { return w.out_lane_step; }));
  steady.emplace_back(p.pad_value,
                      field("pad_value_q", hw::uint(data_bits),
                            [bits = data_bits](const ProgramWord& w) { return modulo(w.pad_value, bits); }));
  steady.emplace_back(p.is_signed,
                      field("signed_q", hw::bit(), [](const ProgramWord& w) { return w.is_signed ? 1 : 0; }));
  steady.emplace_back(p.low, field("low_q", result, [](const ProgramWord& w) { return w.low; }));
  steady.emplace_back(p.high, field("high_q", result, [](const ProgramWord& w) { return w.high; }));
  const auto to_decision =
      field("to_decision_q", hw::bit(), [](const ProgramWord& w) { return w.to_decision ? 1 : 0; });
  steady.emplace_back(p.to_decision, to_decision);
  steady.emplace_back(p.exit,
                      field("exit_q", hw::uint(exit_bits), [](const ProgramWord& w) { return w.exit; }));
  m.clocked(p.ck, [&] {
    std::vector<hw::SwitchCase> cases;
    for (int i = 0; i < layers; ++i) {
      const ProgramWord& word = program[static_cast<std::size_t>(i)];
      cases.push_back({i, [&] {
                         m.comment(word.name);
                         for (const Field& f : fields) m.next(f.reg, f.value(word));
                       }});
    }
    // The last word also answers for layer numbers that do not occur.
    auto last = cases.back().body;
    cases.pop_back();
    m.switch_(layer_q, cases, last);
  });
  for (const auto& [port, reg] : steady) m.drive(port, reg);

  m.section("States");
  const hw::Type state_t = hw::uint(3);
  const auto idle = m.constant("IDLE", state_t, 0);
  const auto fetch = m.constant("FETCH", state_t, 1);
  const auto load = m.constant("LOAD", state_t, 2);
  const auto run = m.constant("RUN", state_t, 3);
  const auto drain = m.constant("DRAIN", state_t, 4);
  const hw::Type drain_t = hw::uint(index_bits(drain_states));
  auto state_q = m.reg("state_q", state_t, {.reset = 0});
  auto drain_q = m.reg("drain_q", drain_t);
  const auto drained = m.let("drained", (state_q == drain) & (drain_q == 0));
  const auto on_last_layer = m.let("on_last_layer", layer_q == (layers - 1));
  auto last_of_layer = m.wire("last_of_layer", hw::bit());
  m.clocked(p.ck, [&] {
    m.when(p.flush, [&] { m.next(state_q, idle); }).otherwise([&] {
      m.switch_(state_q,
                {{fetch, [&] { m.next(state_q, load); }},
                 {load, [&] { m.when(~(p.hold & to_decision), [&] { m.next(state_q, run); }); }},
                 {run, [&] { m.when(last_of_layer, [&] { m.next(state_q, drain); }); }},
                 {drain,
                  [&] {
                    m.when(drained, [&] {
                      m.next(state_q, hw::mux(on_last_layer, idle, fetch));
                      m.next(layer_q, hw::mux(on_last_layer, 0, hw::add_wrap(layer_q, 1)));
                    });
                  }}},
                [&] {
                  m.when(p.start, [&] {
                    m.next(state_q, fetch);
                    m.next(layer_q, 0);
                  });
                });
    });
  });
  m.clocked(p.ck, [&] {
    m.when(state_q == drain, [&] { m.next(drain_q, hw::sub_wrap(drain_q, 1)); }).otherwise([&] {
      m.next(drain_q, drain_states - 1);
    });
  });
  m.drive(p.layer, layer_q);
  m.drive(p.layer_done, drained);

  m.section("Counters, the innermost first");
  const auto running = m.let("running", state_q == run);
  auto pixel_q = m.reg("pixel_q", count);
  auto line_q = m.reg("line_q", count);
  auto group_q = m.reg("group_q", count);
  auto row_q = m.reg("row_q", count);
  auto k_tile_q = m.reg("k_tile_q", count);
  auto channel_tile_q = m.reg("channel_tile_q", count);
  const auto line_end = m.let("line_end", pixel_q == last_pixel_n);
  const auto window_end = m.let("window_end", line_end & (line_q == last_line_n));
  const auto on_last_group = m.let("on_last_group", group_q == last_group_n);
  const auto row_end = m.let("row_end", window_end & on_last_group);
  const auto tile_end = m.let("tile_end", row_end & (row_q == last_row_n));
  const auto on_last_k = m.let("on_last_k", k_tile_q == last_k_n);
  const auto channel_end = m.let("channel_end", tile_end & on_last_k);
  const auto on_last_channel = m.let("on_last_channel", channel_tile_q == last_ct_n);
  m.drive(last_of_layer, channel_end & on_last_channel);
  m.clocked(p.ck, [&] {
    auto count_up = [&](hw::Reg counter, hw::Value step, hw::Value wrap) {
      m.when(~running, [&] { m.next(counter, 0); }).elsewhen(step, [&] {
        m.next(counter, hw::mux(wrap, 0, hw::add_wrap(counter, 1)));
      });
    };
    m.when(~running | line_end, [&] { m.next(pixel_q, 0); }).otherwise([&] {
      m.next(pixel_q, hw::add_wrap(pixel_q, 1));
    });
    count_up(line_q, line_end, window_end);
    count_up(group_q, window_end, row_end);
    count_up(row_q, row_end, tile_end);
    count_up(k_tile_q, tile_end, on_last_k);
    count_up(channel_tile_q, channel_end, on_last_channel);
  });

  m.section("Where the window stands");
  auto start_q = m.reg("start_q", address);
  auto address_q = m.reg("address_q", address);
  auto y_q = m.reg("y_q", coordinate);
  auto x_q = m.reg("x_q", coordinate);
  auto step_of = [&](const std::string& name, const std::array<hw::Reg, 4>& by) {
    return m.let(name, hw::mux(row_end, by[3], hw::mux(window_end, by[2], hw::mux(line_end, by[1], by[0]))));
  };
  const auto address_step = step_of("address_step", address_by);
  const auto y_step = step_of("y_step", y_by);
  const auto x_step = step_of("x_step", x_by);
  const auto second_place =
      m.let("second_place",
            hw::mux(p.parity & from_input, m.literal(address, input_second_place), m.literal(address, 0)));
  const auto start = m.let("start", hw::add_wrap(first_address, second_place));
  m.clocked(p.ck, [&] {
    m.when(~running,
           [&] {
             m.next(start_q, start);
             m.next(address_q, start);
             m.next(y_q, first_y);
             m.next(x_q, first_x);
           })
        .elsewhen(tile_end,
                  [&] {
                    m.next(address_q, start_q);
                    m.next(y_q, first_y);
                    m.next(x_q, first_x);
                  })
        .otherwise([&] {
          m.next(address_q, hw::add_wrap(address_q, address_step));
          m.next(y_q, hw::add_wrap(y_q, y_step));
          m.next(x_q, hw::add_wrap(x_q, x_step));
        });
  });

  m.section("Which tile, which results");
  auto tile_start_q = m.reg("tile_start_q", hw::bit());
  auto tile_q = m.reg("tile_q", hw::uint(tile_bits));
  auto weight_q = m.reg("weight_q", hw::uint(weight_bits));
  auto number_q = m.reg("number_q", hw::uint(pixel_bits));
  auto channel_group_q = m.reg("channel_group_q", hw::uint(group_bits));
  auto out_start_q = m.reg("out_start_q", address);
  auto out_q = m.reg("out_q", address);
  const auto next_start =
      m.let("next_out_start", hw::mux(on_last_k, hw::add_wrap(out_start_q, columns), out_start_q));
  m.clocked(p.ck, [&] {
    m.when(~running,
           [&] {
             m.next(tile_start_q, 1);
             m.next(tile_q, first_tile);
             m.next(weight_q, first_weight);
             m.next(number_q, 0);
             m.next(channel_group_q, first_group);
             m.next(out_start_q, first_out);
             m.next(out_q, first_out);
           })
        .elsewhen(tile_end,
                  [&] {
                    m.next(tile_start_q, 1);
                    m.next(tile_q, hw::mux(on_last_k & ~own_tiles, first_tile, hw::add_wrap(tile_q, 1)));
                    m.next(weight_q, hw::add_wrap(weight_q, 1));
                    m.next(number_q, 0);
                    m.next(out_start_q, next_start);
                    m.next(out_q, next_start);
                    m.when(on_last_k, [&] { m.next(channel_group_q, hw::add_wrap(channel_group_q, 1)); });
                  })
        .otherwise([&] {
          m.next(tile_start_q, 0);
          m.next(number_q, hw::add_wrap(number_q, 1));
          m.when(window_end,
                 [&] { m.next(out_q, hw::add_wrap(out_q, hw::mux(row_end, out_row_step, out_step))); });
        });
  });

  m.drive(p.issue, running);
  m.drive(p.address, address_q);
  m.drive(p.y, y_q);
  m.drive(p.x, x_q);
  m.drive(p.tile, tile_q);
  m.drive(p.weight_load, running & tile_start_q);
  m.drive(p.weight, weight_q);
  m.drive(p.pixel, number_q);
  m.drive(p.channel_group, channel_group_q);
  m.drive(p.out_address, out_q);
  m.drive(p.k_first, k_tile_q == 0);
  m.drive(p.k_last, on_last_k);
  m.drive(p.window_first, (pixel_q == 0) & (line_q == 0));
  m.drive(p.window_last, window_end);
  m.drive(p.lane_mask, hw::mux(on_last_group, last_lanes, m.literal(hw::uint(lanes), (1 << lanes) - 1)));
  m.drive(p.column_mask, hw::mux(on_last_channel, last_columns,
                                 m.literal(hw::uint(columns), hw::IntExpr((1LL << columns) - 1))));
  return p;
}

}  // namespace offramp::blocks
