#include "blocks/sequencer.h"

#include <fmt/format.h>

#include <array>
#include <set>

#include "blocks/copies.h"
#include "blocks/weight_bank.h"
#include "blocks/wide_table.h"

namespace offramp::blocks {
namespace {

/// Fields that are needed as long as results of the layer are on their way.
const std::set<std::string>& steady_fields() {
  static const std::set<std::string> names = {"out_lane_step",
                                              "pad_value",
                                              "act_signed",
                                              "low",
                                              "high",
                                              "to_decision",
                                              "exit",
                                              "residual",
                                              "residual_offset",
                                              "residual_signed",
                                              "weight_a",
                                              "weight_b",
                                              "add_multiplier",
                                              "add_shift",
                                              "add_low",
                                              "add_high"};
  return names;
}

/// Fields that are looked at when the layer begins, and not again.
bool for_begin_alone(const std::string& name) {
  static const std::set<std::string> names = {
      "last",     "wait", "branch", "branch_last", "first_address", "first_weight", "first_channel_group",
      "first_out"};
  return names.contains(name);
}

int bits_of(const hw::Value& v) {
  return static_cast<int>(hw::evaluate(v.width()));
}

/// A pulse a cycle late, in as many copies as it has to enable registers.
class Strobes {
 public:
  Strobes(hw::ModuleBuilder& m, const hw::Clocking& ck, std::string name, const hw::Value& pulse)
      : m_(m), ck_(ck), name_(std::move(name)), pulse_(m.let("to_be_" + name_, pulse)) {}
  /// For registers of so many bits; some have two loads a bit.
  hw::Value take(int bits) {
    if (count_ == 0 || used_ + bits > kMaxLoads - 12) {
      copy_ = m_.reg(fmt::format("{}_copy{}_q", name_, count_++), hw::bit(), {.reset = 0, .keep = true});
      m_.clocked(ck_, [&] { m_.next(copy_, pulse_); });
      used_ = 0;
    }
    used_ += bits;
    return copy_;
  }

 private:
  hw::ModuleBuilder& m_;
  const hw::Clocking& ck_;
  std::string name_;
  hw::Value pulse_;
  hw::Reg copy_;
  int count_ = 0;
  int used_ = 0;
};

}  // namespace

int Sequencer::layer_bits() const {
  return index_bits(program_words);
}

WideTable Sequencer::program() const {
  return {.module_name = engine + "_program",
          .file_prefix = program_file,
          .width = format.bits(),
          .depth = program_words};
}

int Sequencer::slot_bits() const {
  return index_bits(format.images);
}

Sequencer::Ports Sequencer::build(hw::ModuleBuilder& m) const {
  m.doc(fmt::format("Sequencer of the {} engine: runs a program of up to {} layers, one pixel group a cycle.",
                    engine, program_words));
  const hw::Type layer_t = hw::uint(layer_bits());
  const hw::Type count = hw::uint(format.count_bits);
  const hw::Type address = hw::uint(format.address_bits);
  const hw::Type coordinate = hw::sint(format.coordinate_bits);

  Ports p;
  p.ck = m.clocking();
  p.start = m.input("start_i", hw::bit(), "begin a sample");
  p.flush = m.input("flush_i", hw::bit(), "drop the sample at once");
  p.hold = m.input("hold_i", hw::bit(), "the decision unit is busy: a layer that makes logits must wait");
  p.parity = m.input("parity_i", hw::bit(), "which place the sample's input has");
  if (format.streams) {
    p.weight_ready = m.input("weight_ready_i", hw::bit(), "the ring holds the next tile");
    p.streamed = m.output("streamed_o", hw::bit(), "with weight_load_o: the ring's next tile");
  }
  const bool many = format.images > 1;
  if (many) {
    p.start_layer = m.input("start_layer_i", layer_t, "with start_i");
    p.slot = m.input("slot_i", hw::uint(slot_bits()), "of the image that layers work on");
    p.last_image = m.input("last_image_i", hw::uint(slot_bits()), "of the group that grouped layers work on");
  }
  p.idle = m.output("idle_o", hw::bit(), "all layers are issued, or no sample is under way");
  p.load_write = m.input("load_write_i", hw::bit(), "write a word of the program");
  p.load_address = m.input("load_address_i", layer_t);
  p.load_data = m.input("load_data_i", hw::uint(format.bits()));
  if (loaded)
    p.second_place = m.input("second_place_i", address, "from the input's first place to its second");
  const bool prunes = format.branch_bits > 0;
  if (prunes) {
    p.skip = m.input("skip_i", hw::uint(1 << format.exit_bits),
                     "by exit: its branch is not wanted; known when the wait before the branch is over");
    p.skipped = m.output("skipped_o", hw::bit(), "a branch is passed over");
    p.skipped_exit = m.output("skipped_exit_o", hw::uint(format.exit_bits), "with skipped_o");
  }
  for (const ProgramFormat::Field& f : format.fields()) {
    if (!steady_fields().contains(f.name)) continue;
    const hw::Type type = f.is_signed ? hw::sint(f.bits) : hw::uint(f.bits);
    p.steady[f.name] = {.even = m.output(f.name + "_even_o", type), .odd = m.output(f.name + "_odd_o", type)};
  }
  p.steady["layer"] = {.even = m.output("layer_even_o", layer_t, "number of the layer"),
                       .odd = m.output("layer_odd_o", layer_t)};
  p.issue = m.output("issue_o", hw::bit());
  p.phase = m.output("phase_o", hw::bit(), "the layer's number is odd");
  p.address = m.output("address_o", address);
  p.y = m.output("y_o", coordinate);
  p.x = m.output("x_o", coordinate);
  p.height = m.output("height_o", coordinate);
  p.width = m.output("width_o", coordinate);
  p.lane_step = m.output("lane_step_o", address);
  p.lane_x_step = m.output("lane_x_step_o", coordinate);
  p.next_tile = m.output("next_tile_o", hw::uint(format.tile_bits), "of the issue in the next cycle");
  p.weight_load = m.output("weight_load_o", hw::bit());
  p.weight = m.output("weight_o", hw::uint(format.weight_bits));
  p.pixel = m.output("pixel_o", hw::uint(pixel_bits), "number of the pixel group in its tile");
  p.channel_group = m.output("channel_group_o", hw::uint(format.group_bits));
  p.out_address = m.output("out_address_o", address);
  p.k_first = m.output("k_first_o", hw::bit());
  p.k_last = m.output("k_last_o", hw::bit());
  p.window_first = m.output("window_first_o", hw::bit());
  p.window_last = m.output("window_last_o", hw::bit());
  p.layer_last = m.output("layer_last_o", hw::bit(), "the layer's last issue");
  p.lane_mask = m.output("lane_mask_o", hw::uint(format.lanes));
  p.column_mask = m.output("column_mask_o", hw::uint(format.columns));

  m.section("The program: the next layer's word is always at hand");
  auto next_layer_q = m.reg("next_layer_q", layer_t, {.reset = 0});
  auto next_layer_d = m.wire("next_layer_d", layer_t);
  auto word_ready_q = m.reg("word_ready_q", hw::bit(), {.reset = 0});
  auto u_program = m.instance("u_program", program(), {.ck = p.ck});
  u_program.in(u_program.ports.write, p.load_write);
  u_program.in(u_program.ports.write_address, p.load_address);
  u_program.in(u_program.ports.write_data, p.load_data);
  u_program.in(u_program.ports.next_address, next_layer_d);
  const auto word = u_program.out(u_program.ports.data, "word");
  std::map<std::string, hw::Value> next;  // fields of the next layer
  int lsb = 0;
  for (const ProgramFormat::Field& f : format.fields()) {
    const hw::Value v = f.bits == 1 ? hw::bit_of(word, lsb) : hw::slice(word, lsb + f.bits - 1, lsb);
    next[f.name] = m.let("next_" + f.name, f.is_signed ? hw::as_signed(v) : v);
    lsb += f.bits;
  }

  m.section("States");
  const hw::Type state_t = hw::uint(2);
  const auto idle = m.constant("IDLE", state_t, 0);
  const auto wait = m.constant("WAIT", state_t, 1);
  const auto run = m.constant("RUN", state_t, 2);
  auto state_q = m.reg("state_q", state_t, {.reset = 0});
  auto waited_q = m.reg("waited_q", hw::uint(format.wait_bits), {.reset = 0});
  auto last_q = m.reg("last_q", hw::bit(), {.reset = 0});
  auto phase_q = m.reg("phase_q", hw::bit(), {.reset = 0});
  auto last_of_layer = m.wire("last_of_layer", hw::bit());
  m.comment("A layer begins in a cycle of waiting, so that what it needs is taken in advance.");
  const auto waits = m.let("waits", state_q == wait);
  const auto next_due = m.let("next_due", waits & word_ready_q & (waited_q >= next.at("wait")));
  const auto may_begin = next_due & ~(p.hold & next.at("to_decision"));
  hw::Value passed;
  if (prunes) {
    m.comment("Nothing of the layers before is on its way any more when a branch is passed over.");
    passed = m.let("passed", next_due & (next.at("branch") != 0) & hw::select(p.skip, next.at("exit"), 1));
  }
  const auto begin = m.let("begins", prunes ? may_begin & ~passed : may_begin);
  auto state_d = m.wire("state_d", state_t);
  m.comb([&] {
    auto chain = m.when(p.flush, [&] { m.drive(state_d, idle); });
    chain.elsewhen(begin, [&] { m.drive(state_d, run); });
    if (prunes) chain.elsewhen(passed & next.at("branch_last"), [&] { m.drive(state_d, idle); });
    chain.elsewhen((state_q == run) & last_of_layer, [&] { m.drive(state_d, hw::mux(last_q, idle, wait)); })
        .elsewhen((state_q == idle) & p.start, [&] { m.drive(state_d, wait); })
        .otherwise([&] { m.drive(state_d, state_q); });
  });
  m.clocked(p.ck, [&] { m.next(state_q, state_d); });
  m.clocked(p.ck, [&] {
    m.comment("Counts the cycles since the last issue, up to the largest number.");
    m.when(state_q == idle, [&] { m.next(waited_q, 0); })
        .elsewhen(state_q == run, [&] { m.next(waited_q, 1); })
        .elsewhen(waited_q != ((1 << format.wait_bits) - 1),
                  [&] { m.next(waited_q, hw::add_wrap(waited_q, 1)); });
  });
  const auto start_now = many ? m.let("starts", (state_q == idle) & p.start) : hw::Value{};
  m.comb([&] {
    auto chain = m.when(p.flush, [&] { m.drive(next_layer_d, 0); });
    chain.elsewhen(
        begin, [&] { m.drive(next_layer_d, hw::mux(next.at("last"), 0, hw::add_wrap(next_layer_q, 1))); });
    if (prunes) {
      chain.elsewhen(passed, [&] {
        const auto behind = hw::add_wrap(next_layer_q, next.at("branch"));
        m.drive(next_layer_d, hw::mux(next.at("branch_last"), 0, behind));
      });
    }
    if (many) chain.elsewhen(start_now, [&] { m.drive(next_layer_d, p.start_layer); });
    chain.otherwise([&] { m.drive(next_layer_d, next_layer_q); });
  });
  hw::Value word_changes = p.flush | begin;
  if (prunes) word_changes = word_changes | passed;
  if (many) word_changes = word_changes | start_now;
  m.clocked(p.ck, [&] {
    m.next(next_layer_q, next_layer_d);
    m.next(word_ready_q, ~word_changes);
    m.when(begin, [&] {
      m.next(last_q, next.at("last"));
      m.next(phase_q, ~phase_q);
    });
  });

  m.section("Fields of the layer that runs");
  std::map<std::string, hw::Value> now;
  std::vector<std::pair<hw::Reg, hw::Value>> taken;
  for (const ProgramFormat::Field& f : format.fields()) {
    if (for_begin_alone(f.name) || steady_fields().contains(f.name)) continue;
    const auto reg = m.reg(f.name + "_q", f.is_signed ? hw::sint(f.bits) : hw::uint(f.bits));
    taken.emplace_back(reg, next.at(f.name));
    now[f.name] = reg;
  }
  auto layer_q = m.reg("layer_q", layer_t);
  taken.emplace_back(layer_q, next_layer_q);
  m.comment("While the sequencer waits, everything takes its first value in every cycle.");
  Strobes waiting(m, p.ck, "waiting", state_d == wait);
  for (const auto& [reg, value] : taken) {
    const hw::Value enable = waiting.take(bits_of(reg));
    m.clocked(p.ck, [&] { m.when(enable, [&] { m.next(reg, value); }); });
  }
  std::vector<std::pair<hw::Reg, hw::Value>> even, odd;
  for (const auto& [name, ports] : p.steady) {
    const hw::Value value = name == "layer" ? static_cast<hw::Value>(layer_q) : next.at(name);
    const hw::Type type = value.type();
    even.emplace_back(m.reg(name + "_even_q", type), value);
    odd.emplace_back(m.reg(name + "_odd_q", type), value);
    m.drive(ports.even, even.back().first);
    m.drive(ports.odd, odd.back().first);
  }
  m.comment("A cycle after it begins: the word is still there, and nobody asks earlier than that.");
  Strobes to_even(m, p.ck, "to_even", begin & phase_q);
  Strobes to_odd(m, p.ck, "to_odd", begin & ~phase_q);
  auto take_all = [&](Strobes& strobes, const std::vector<std::pair<hw::Reg, hw::Value>>& all) {
    for (const auto& [reg, value] : all) {
      const hw::Value enable = strobes.take(bits_of(reg));
      m.clocked(p.ck, [&] { m.when(enable, [&] { m.next(reg, value); }); });
    }
  };
  take_all(to_even, even);
  take_all(to_odd, odd);

  m.section("Counters, the innermost first");
  auto tile_start_q = m.reg("tile_start_q", hw::bit(), {.reset = 0});
  m.comment(
      "Counters, and copies of whether each is at its last value: for counters, the window and results.");
  constexpr int kViews = 3;
  const auto running = copied(m, p.ck, "running", state_d == run, kViews, {.reset = 0});
  struct Counter {
    hw::Reg q;
    hw::Value d, counting;
    std::vector<hw::Value> on_last;
  };
  auto counter = [&](const std::string& name, const std::string& limit, int views) {
    Counter c{.q = m.reg(name + "_q", count),
              .d = m.wire(name + "_d", count),
              .counting = waiting.take(2 * format.count_bits),
              .on_last = {}};
    const auto last_d = m.let(name + "_last_d", hw::mux(c.counting, next.at(limit), now.at(limit)));
    c.on_last = copied(m, p.ck, name + "_on_last", c.d == last_d, views);
    m.clocked(p.ck, [&] { m.next(c.q, c.d); });
    return c;
  };
  const Counter pixel = counter("pixel", "last_pixel", kViews);
  const Counter line = counter("line", "last_line", kViews);
  const Counter group = counter("group", "last_group", kViews);
  const Counter row = counter("row", "last_row", kViews);
  const Counter k_tile = counter("k_tile", "last_k_tile", 2);
  const Counter channel_tile = counter("channel_tile", "last_channel_tile", 1);
  hw::Reg image_q;
  if (many) image_q = m.reg("image_q", hw::uint(slot_bits()), {.reset = 0});
  struct View {
    hw::Value issue, line_end, window_end, row_end, map_end, tile_end;
  };
  auto view_of = [&](int n) {
    const auto i = static_cast<std::size_t>(n);
    const std::string name = n == 0 ? "" : n == 1 ? "window_" : "out_";
    View v;
    v.issue = m.let(name + "issue", format.streams
                                        ? running[i] & (~tile_start_q | ~now.at("streamed") | p.weight_ready)
                                        : running[i]);
    v.line_end = m.let(name + "line_end", pixel.on_last[i]);
    v.window_end = m.let(name + "window_end", v.line_end & line.on_last[i]);
    v.row_end = m.let(name + "row_end", v.window_end & group.on_last[i]);
    v.map_end = m.let(name + "map_end", v.row_end & row.on_last[i]);
    v.tile_end = v.map_end;
    if (many) {
      v.tile_end = m.let(name + "tile_end", v.map_end & (~now.at("grouped") | (image_q == p.last_image)));
    }
    return v;
  };
  const auto [issue, line_end, window_end, row_end, map_end, tile_end] = view_of(0);
  const View at_pixel = view_of(1);
  const View at_result = view_of(2);
  const auto on_last_group = group.on_last[0];
  const auto on_last_k = k_tile.on_last[0];
  const auto on_last_channel = channel_tile.on_last[0];
  const auto channel_end = m.let("channel_end", tile_end & on_last_k);
  const auto layer_end = m.let("layer_end", channel_end & on_last_channel);
  m.drive(last_of_layer, issue & layer_end);
  auto count_up = [&](const Counter& c, const hw::Value& step, const hw::Value& wrap) {
    const auto up = hw::mux(wrap, 0, hw::add_wrap(c.q, 1));
    m.drive(c.d, hw::mux(c.counting, m.literal(count, 0), hw::mux(step, up, c.q)));
  };
  count_up(pixel, issue, line_end);
  count_up(line, issue & line_end, window_end);
  count_up(group, issue & window_end, row_end);
  count_up(row, issue & row_end, map_end);
  count_up(k_tile, issue & tile_end, on_last_k);
  count_up(channel_tile, issue & channel_end, on_last_channel);
  if (many) {
    m.clocked(p.ck, [&] {
      m.when(pixel.counting, [&] { m.next(image_q, 0); }).elsewhen(issue & map_end, [&] {
        m.next(image_q, hw::mux(tile_end, 0, hw::add_wrap(image_q, 1)));
      });
    });
  }

  m.section("Where the window stands");
  auto start_q = m.reg("start_q", address);
  auto address_q = m.reg("address_q", address);
  auto y_q = m.reg("y_q", coordinate);
  auto x_q = m.reg("x_q", coordinate);
  auto step_of = [&](const std::string& name) {
    return m.let(name + "_step", hw::mux(at_pixel.row_end, now.at(name + "_row_step"),
                                         hw::mux(at_pixel.window_end, now.at(name + "_window_step"),
                                                 hw::mux(at_pixel.line_end, now.at(name + "_line_step"),
                                                         now.at(name + "_pixel_step")))));
  };
  const auto address_step = step_of("address");
  const auto y_step = step_of("y");
  const auto x_step = step_of("x");
  const auto second_place = m.let("second_place", hw::mux(p.parity & next.at("from_input"),
                                                          loaded ? static_cast<hw::Value>(p.second_place)
                                                                 : m.literal(address, input_second_place),
                                                          m.literal(address, 0)));
  hw::Value start = m.let("start", hw::add_wrap(next.at("first_address"), second_place));
  hw::Value first_out = next.at("first_out");
  if (many) {
    const auto slot =
        m.let("own_slot", hw::mux(next.at("grouped"), m.literal(hw::uint(slot_bits()), 0), p.slot));
    auto in_slot = [&](const std::string& name, const hw::Value& first, const hw::Value& step) {
      return m.let(name, hw::add_wrap(first, hw::truncate(step * slot, format.address_bits)));
    };
    start = in_slot("start_in_slot", start, next.at("in_slot_step"));
    first_out = in_slot("first_out_in_slot", first_out, next.at("out_slot_step"));
  }
  hw::Value next_image = start_q;
  if (many) {
    auto image_start_q = m.reg("image_start_q", address);
    const auto at_image_start = waiting.take(format.address_bits);
    next_image = m.let("next_image", hw::mux(at_pixel.tile_end, start_q,
                                             hw::add_wrap(image_start_q, now.at("in_slot_step"))));
    m.clocked(p.ck, [&] {
      m.when(at_image_start, [&] {
         m.next(image_start_q, start);
       }).elsewhen(at_pixel.issue & at_pixel.map_end, [&] { m.next(image_start_q, next_image); });
    });
  }
  const auto at_start = waiting.take(format.address_bits);
  const auto at_window = waiting.take(format.address_bits + 2 * format.coordinate_bits);
  m.clocked(p.ck, [&] { m.when(at_start, [&] { m.next(start_q, start); }); });
  m.clocked(p.ck, [&] {
    m.when(at_window,
           [&] {
             m.next(address_q, start);
             m.next(y_q, next.at("first_y"));
             m.next(x_q, next.at("first_x"));
           })
        .elsewhen(at_pixel.issue & at_pixel.map_end,
                  [&] {
                    m.next(address_q, next_image);
                    m.next(y_q, now.at("first_y"));
                    m.next(x_q, now.at("first_x"));
                  })
        .elsewhen(at_pixel.issue, [&] {
          m.next(address_q, hw::add_wrap(address_q, address_step));
          m.next(y_q, hw::add_wrap(y_q, y_step));
          m.next(x_q, hw::add_wrap(x_q, x_step));
        });
  });

  m.section("Which tile, which results");
  auto tile_q = m.reg("tile_q", hw::uint(format.tile_bits));
  auto weight_q = m.reg("weight_q", hw::uint(format.weight_bits));
  auto number_q = m.reg("number_q", hw::uint(pixel_bits));
  auto channel_group_q = m.reg("channel_group_q", hw::uint(format.group_bits));
  auto out_start_q = m.reg("out_start_q", address);
  auto out_q = m.reg("out_q", address);
  const auto next_start = m.let(
      "next_out_start", hw::mux(k_tile.on_last[1], hw::add_wrap(out_start_q, format.columns), out_start_q));
  hw::Reg out_image_q;
  hw::Value next_image_out;
  if (many) {
    out_image_q = m.reg("out_image_q", address);
    next_image_out = m.let("next_image_out", hw::add_wrap(out_image_q, now.at("out_slot_step")));
  }
  const auto at_tile = waiting.take(format.tile_bits + format.weight_bits + pixel_bits + format.group_bits);
  auto next_tile = m.wire("next_tile", hw::uint(format.tile_bits));
  m.comb([&] {
    m.when(at_tile, [&] { m.drive(next_tile, next.at("first_tile")); })
        .elsewhen(issue & tile_end,
                  [&] {
                    m.drive(next_tile, hw::mux(on_last_k & ~now.at("own_tiles"), now.at("first_tile"),
                                               hw::add_wrap(tile_q, 1)));
                  })
        .otherwise([&] { m.drive(next_tile, tile_q); });
  });
  m.clocked(p.ck, [&] {
    m.next(tile_q, next_tile);
    m.when(at_tile,
           [&] {
             m.next(tile_start_q, 1);
             m.next(weight_q, next.at("first_weight"));
             m.next(number_q, 0);
             m.next(channel_group_q, next.at("first_channel_group"));
           })
        .elsewhen(issue & tile_end,
                  [&] {
                    m.next(tile_start_q, 1);
                    m.next(weight_q, hw::add_wrap(weight_q, 1));
                    m.next(number_q, 0);
                    m.when(on_last_k, [&] { m.next(channel_group_q, hw::add_wrap(channel_group_q, 1)); });
                  })
        .elsewhen(issue, [&] {
          m.next(tile_start_q, 0);
          m.next(number_q, hw::add_wrap(number_q, 1));
        });
  });
  const auto at_out = waiting.take(2 * format.address_bits);
  m.clocked(p.ck, [&] {
    m.when(at_out,
           [&] {
             m.next(out_start_q, first_out);
             m.next(out_q, first_out);
           })
        .elsewhen(at_result.issue & at_result.tile_end,
                  [&] {
                    m.next(out_start_q, next_start);
                    m.next(out_q, next_start);
                  })
        .elsewhen(at_result.issue, [&] {
          const auto step_on = [&] {
            m.next(out_q, hw::add_wrap(
                              out_q, hw::mux(at_result.row_end, now.at("out_row_step"), now.at("out_step"))));
          };
          if (many) {
            m.when(at_result.map_end, [&] {
               m.next(out_q, next_image_out);
             }).elsewhen(at_result.window_end, step_on);
          } else {
            m.when(at_result.window_end, step_on);
          }
        });
  });
  if (many) {
    const auto at_out_image = waiting.take(format.address_bits);
    m.clocked(p.ck, [&] {
      m.when(at_out_image, [&] { m.next(out_image_q, first_out); })
          .elsewhen(at_result.issue & at_result.tile_end, [&] { m.next(out_image_q, next_start); })
          .elsewhen(at_result.issue & at_result.map_end, [&] { m.next(out_image_q, next_image_out); });
    });
  }

  m.drive(p.idle, state_q == idle);
  if (prunes) {
    m.drive(p.skipped, passed);
    m.drive(p.skipped_exit, next.at("exit"));
  }
  if (format.streams) m.drive(p.streamed, now.at("streamed"));
  m.drive(p.issue, issue);
  m.drive(p.phase, phase_q);
  m.drive(p.address, address_q);
  m.drive(p.y, y_q);
  m.drive(p.x, x_q);
  m.drive(p.next_tile, next_tile);
  m.drive(p.height, now.at("height"));
  m.drive(p.width, now.at("width"));
  m.drive(p.lane_step, now.at("lane_step"));
  m.drive(p.lane_x_step, now.at("lane_x_step"));
  m.drive(p.weight_load, issue & tile_start_q);
  m.drive(p.weight, weight_q);
  m.drive(p.pixel, number_q);
  m.drive(p.channel_group, channel_group_q);
  m.drive(p.out_address, out_q);
  m.drive(p.k_first, k_tile.q == 0);
  m.drive(p.k_last, on_last_k);
  m.drive(p.window_first, (pixel.q == 0) & (line.q == 0));
  m.drive(p.window_last, window_end);
  m.drive(p.layer_last, layer_end);
  m.drive(p.lane_mask, hw::mux(on_last_group, now.at("last_lanes"),
                               m.literal(hw::uint(format.lanes), (1 << format.lanes) - 1)));
  m.drive(p.column_mask,
          hw::mux(on_last_channel, now.at("last_columns"),
                  m.literal(hw::uint(format.columns), hw::IntExpr((1LL << format.columns) - 1))));
  m.unused(now.at("from_input"));
  return p;
}

}  // namespace offramp::blocks
