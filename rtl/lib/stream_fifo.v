// stream_fifo: Queue of DEPTH words of a stream in a memory: one word a cycle, the first word falls through
// after one cycle. Combinational: nothing.
//
// Parameters
//   WIDTH  bits of a word (1 to 4096)
//   DEPTH  words; need not be a power of two (2 to 1048576)
//
// Source: gen/blocks/stream_fifo.cpp:8

`default_nettype none

module stream_fifo #(
  parameter integer WIDTH = 8,
  parameter integer DEPTH = 4
) (
  input  wire                       clk_i,
  input  wire                       rst_ni,
  input  wire [WIDTH-1:0]           in_data_i,
  input  wire                       in_valid_i,
  output wire                       in_ready_o,
  output wire [WIDTH-1:0]           out_data_o,
  output wire                       out_valid_o,
  input  wire                       out_ready_i,
  output wire [$clog2(DEPTH+1)-1:0] count_o       // words held, the one at the output included
);

  localparam integer POINTER_W = $clog2(DEPTH);  // bits of an address
  localparam integer COUNT_W = $clog2(DEPTH + 1);  // bits of the number of words

  reg [POINTER_W-1:0] head_q;
  reg [POINTER_W-1:0] tail_q;
  reg [COUNT_W-1:0] count_q;

  localparam integer FULL = DEPTH;
  localparam integer LAST = DEPTH - 1;

  wire valid = count_q != {COUNT_W{1'b0}};
  wire ready = count_q != FULL[COUNT_W-1:0];
  wire push = in_valid_i & ready;
  wire pop = valid & out_ready_i;
  wire [POINTER_W-1:0] head_d = pop ? ((head_q == LAST[POINTER_W-1:0]) ? {POINTER_W{1'b0}} : (head_q + 1'b1))
      : head_q;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      head_q <= {POINTER_W{1'b0}};
      tail_q <= {POINTER_W{1'b0}};
      count_q <= {COUNT_W{1'b0}};
    end else begin
      head_q <= head_d;
      if (push) begin
        tail_q <= (tail_q == LAST[POINTER_W-1:0]) ? {POINTER_W{1'b0}} : (tail_q + 1'b1);
      end
      if (push & ~pop) begin
        count_q <= count_q + 1'b1;
      end else if (pop & ~push) begin
        count_q <= count_q - 1'b1;
      end
    end
  end

  // What will be at the head is read in the cycle before, so that this may be a block RAM.
  // Write port: one word a cycle.
  // Read port 'data': latency 1; a read of the word being written gives the new word.
  reg [WIDTH-1:0] mem [0:DEPTH-1];

  always @(posedge clk_i) begin
    if (push) begin
      mem[tail_q] <= in_data_i;
    end
  end

  reg [WIDTH-1:0] data_read_q;
  wire data_hit = push & (tail_q == head_d);
  reg data_hit_q;
  reg [WIDTH-1:0] data_new_q;

  always @(posedge clk_i) begin
    data_read_q <= mem[head_d];
    data_hit_q <= data_hit;
    data_new_q <= in_data_i;
  end

  wire [WIDTH-1:0] data = data_hit_q ? data_new_q : data_read_q;

  assign in_ready_o = ready;
  assign out_valid_o = valid;
  assign out_data_o = data;
  assign count_o = count_q;

`ifdef FORMAL
  reg f_in_waiting_q;
  reg f_in_after_reset_q;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      f_in_waiting_q <= 1'b0;
      f_in_after_reset_q <= 1'b1;
    end else begin
      f_in_waiting_q <= in_valid_i & ~in_ready_o;
      f_in_after_reset_q <= 1'b0;
    end
  end

  always @(posedge clk_i) begin
    if (rst_ni) begin
      m_in_valid_stays: assume ((f_in_waiting_q & ~in_valid_i) == 1'b0);
      m_in_silent_after_reset: assume (~f_in_after_reset_q | (in_valid_i == 1'b0));
    end
  end

  reg [WIDTH-1:0] f_in_data_q;

  always @(posedge clk_i) begin
    f_in_data_q <= in_data_i;
  end

  always @(posedge clk_i) begin
    if (rst_ni) begin
      m_in_data_stays: assume ((f_in_waiting_q == 1'b0) | (in_data_i == f_in_data_q));
    end
  end

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

  reg [WIDTH-1:0] f_out_data_q;

  always @(posedge clk_i) begin
    f_out_data_q <= out_data_o;
  end

  localparam integer _k_DEPTH = DEPTH;
  localparam integer _k_DEPTH_m_1 = DEPTH - 1;
  always @(posedge clk_i) begin
    if (rst_ni) begin
      a_out_data_stays: assert ((f_out_waiting_q == 1'b0) | (out_data_o == f_out_data_q));
      // A bit wider, since linters find a comparison with the largest value of a width constant.
      a_no_overflow: assert ({1'b0, count_q} <= _k_DEPTH[COUNT_W:0]);
      a_pointers: assert (({1'b0, head_q} <= _k_DEPTH_m_1[POINTER_W:0]) &
          ({1'b0, tail_q} <= _k_DEPTH_m_1[POINTER_W:0]));
    end
  end

  // The words held are those from head to tail, and the output shows the one at head.
  wire [COUNT_W:0] f_end = {{(COUNT_W-POINTER_W+1){1'b0}}, head_q} + {1'b0, count_q};

  always @(posedge clk_i) begin
    if (rst_ni) begin
      a_count: assert ((f_end == {{(COUNT_W-POINTER_W+1){1'b0}}, tail_q}) |
          (f_end == ({{(COUNT_W-POINTER_W+1){1'b0}}, tail_q} + {1'b0, FULL[COUNT_W-1:0]})));
      a_head_shown: assert (~valid | (data == mem[head_q]));
    end
  end

  reg f_was_full_q;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      f_was_full_q <= 1'b0;
    end else begin
      if (count_q == FULL[COUNT_W-1:0]) begin
        f_was_full_q <= 1'b1;
      end
    end
  end

  always @(posedge clk_i) begin
    if (rst_ni) begin
      c_full: cover (count_q == FULL[COUNT_W-1:0]);
      c_drained: cover (f_was_full_q & ~valid);
      c_push_and_pop: cover (push & pop);
    end
  end
`endif
endmodule

`default_nettype wire
