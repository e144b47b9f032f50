// stream_merge: COUNT streams to one, in turn; the index of the input travels with the word. Combinational:
// in_valid_i to out_valid_o, out_data_o, out_id_o and in_ready_o, in_data_i to out_data_o, out_ready_i to
// in_ready_o.
//
// Parameters
//   WIDTH  bits of a word (1 to 4096)
//   COUNT  inputs (2 to 64)
//
// Source: gen/blocks/stream_route.cpp:30

`default_nettype none

module stream_merge #(
  parameter integer WIDTH = 8,
  parameter integer COUNT = 2
) (
  input  wire                     clk_i,
  input  wire                     rst_ni,
  input  wire [WIDTH*COUNT-1:0]   in_data_i,    // word i in the bits from i*WIDTH
  input  wire [COUNT-1:0]         in_valid_i,   // one bit a stream
  output wire [COUNT-1:0]         in_ready_o,   // one bit a stream; may wait for valid
  output wire [WIDTH-1:0]         out_data_o,
  output wire                     out_valid_o,
  input  wire                     out_ready_i,
  output wire [$clog2(COUNT)-1:0] out_id_o      // the input that the word is from
);

  localparam integer ID_W = $clog2(COUNT);  // bits of an input's index

  // The inputs that are served before those below them: all from the one whose turn it is.
  reg [COUNT-1:0] turn_q;
  wire [COUNT-1:0] early = in_valid_i & turn_q;
  wire [COUNT-1:0] candidates = (|early) ? early : in_valid_i;

  // The lowest of them: x & -x.
  wire [COUNT-1:0] chosen = candidates & (~candidates + 1'b1);
  wire valid = |in_valid_i;

  // A word that waits keeps its turn, since it stays valid; a word that leaves gives it to the next.
  wire [COUNT-1:0] below = chosen - 1'b1;
  wire [COUNT-1:0] from_it = ~below;
  wire [COUNT-1:0] from_next = from_it & ~chosen;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      turn_q <= {COUNT{1'b0}};
    end else begin
      if (valid) begin
        turn_q <= out_ready_i ? from_next : from_it;
      end
    end
  end

  // The index of the chosen input: the indices of all others are masked, bit by bit.
  wire [COUNT*ID_W-1:0] masked;

  genvar i_input;
  generate
    for (i_input = 0; i_input < COUNT; i_input = i_input + 1) begin : gen_input
      localparam integer INDEX = i_input;

      assign masked[ID_W*i_input +: ID_W] = {ID_W{chosen[i_input]}} & INDEX[ID_W-1:0];
    end
  endgenerate

  wire [ID_W-1:0] id;

  genvar i_id;
  generate
    for (i_id = 0; i_id < $clog2(COUNT); i_id = i_id + 1) begin : gen_id
      wire [COUNT-1:0] hits;

      genvar i_hit;
      for (i_hit = 0; i_hit < COUNT; i_hit = i_hit + 1) begin : gen_hit
        assign hits[i_hit] = masked[ID_W*i_hit+i_id];
      end

      assign id[i_id] = |hits;
    end
  endgenerate

  assign in_ready_o = chosen & {COUNT{out_ready_i}};
  assign out_valid_o = valid;
  assign out_data_o = in_data_i[id*WIDTH +: WIDTH];
  assign out_id_o = id;

`ifdef FORMAL
  reg [COUNT-1:0] f_in_waiting_q;
  reg f_in_after_reset_q;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      f_in_waiting_q <= {COUNT{1'b0}};
      f_in_after_reset_q <= 1'b1;
    end else begin
      f_in_waiting_q <= in_valid_i & ~in_ready_o;
      f_in_after_reset_q <= 1'b0;
    end
  end

  always @(posedge clk_i) begin
    if (rst_ni) begin
      m_in_valid_stays: assume ((f_in_waiting_q & ~in_valid_i) == {COUNT{1'b0}});
      m_in_silent_after_reset: assume (~f_in_after_reset_q | (in_valid_i == {COUNT{1'b0}}));
    end
  end

  reg [WIDTH*COUNT-1:0] f_in_data_q;

  always @(posedge clk_i) begin
    f_in_data_q <= in_data_i;
  end

  wire [COUNT-1:0] f_in_moved;

  genvar i_in_word;
  generate
    for (i_in_word = 0; i_in_word < COUNT; i_in_word = i_in_word + 1) begin : gen_in_word
      assign f_in_moved[i_in_word] = in_data_i[WIDTH*i_in_word +: WIDTH] !=
          f_in_data_q[WIDTH*i_in_word +: WIDTH];
    end
  endgenerate

  always @(posedge clk_i) begin
    if (rst_ni) begin
      m_in_data_stays: assume ((f_in_waiting_q & f_in_moved) == {COUNT{1'b0}});
    end
  end

  wire [WIDTH+ID_W-1:0] f_word = {id, out_data_o};
  reg f_out_waiting_q;
  reg f_out_after_reset_q;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      f_out_waiting_q <= 1'b0;
      f_out_after_reset_q <= 1'b1;
    end else begin
      f_out_waiting_q <= out_valid_o & ~out_ready_i;
      f_out_after_reset_q <= 1'b0;
    end
  end

  always @(posedge clk_i) begin
    if (rst_ni) begin
      a_out_valid_stays: assert ((f_out_waiting_q & ~out_valid_o) == 1'b0);
      a_out_silent_after_reset: assert (~f_out_after_reset_q | (out_valid_o == 1'b0));
    end
  end

  reg [WIDTH+ID_W-1:0] f_out_data_q;

  always @(posedge clk_i) begin
    f_out_data_q <= f_word;
  end

  always @(posedge clk_i) begin
    if (rst_ni) begin
      a_out_data_stays: assert ((f_out_waiting_q == 1'b0) | (f_word == f_out_data_q));
      // One input is served, one that has a word, and the index is its own.
      a_one: assert ((chosen & below) == {COUNT{1'b0}});
      a_has_a_word: assert ((chosen & ~in_valid_i) == {COUNT{1'b0}});
      a_index: assert (~valid | (chosen[id] == 1'b1));
      c_first: cover (in_ready_o[0]);
      c_last: cover (in_ready_o[COUNT-1]);
      c_all_wait: cover ((&in_valid_i) & ~out_ready_i);
    end
  end
`endif
endmodule

`default_nettype wire
