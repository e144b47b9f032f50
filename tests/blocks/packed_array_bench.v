// packed_systolic_array and systolic_array against the definition, in lockstep: random operands of all rows,
// and a new tile of weights after a random number of cycles, often after one. For some hundred cycles at a
// time all values come from the ends of their ranges, and for some hundred all products have one sign, so that
// sums go as far as they can.

`default_nettype none

module packed_array_bench #(
  parameter integer ROWS = 16,
  parameter integer COLUMNS = 2,
  parameter integer LANES = 2,
  parameter integer GUARD_W = 4,
  parameter integer LATENCY = 0,         // of the plain array
  parameter integer PACKED_LATENCY = 0,  // of the packed one
  parameter integer CYCLES = 20000,
  parameter integer SEED = 1
) (
  input  wire       clk_i,
  output reg        done_o,
  output reg [31:0] compared_o,
  output reg [31:0] different_o,
  output reg [31:0] carried_o  // low sums beyond the 18 bits of their field
);

  localparam integer ACC_W = 16 + GUARD_W;
  localparam integer PSUM_W = COLUMNS * LANES * ACC_W;
  localparam integer SETTLED = 2 * ROWS + PACKED_LATENCY + 8;

  reg [31:0] cycle_q;
  reg [8*ROWS*LANES-1:0] act_q;
  reg [8*ROWS*COLUMNS-1:0] tile_q;    // enters with load_q, works from the next cycle
  reg [8*ROWS*COLUMNS-1:0] weight_q;  // at work in row 0
  reg load_q;
  wire [1:0] phase = cycle_q[9:8];

  // Anything; an end of the range; the least; the least or the greatest, by the kilocycle.
  function [7:0] value(input [7:0] bits, input [1:0] kind, input side);
    case (kind)
      2'd0: value = bits;
      2'd1: value = bits[0] ? 8'h80 : (bits[1] ? 8'h7f : 8'h81);
      2'd2: value = 8'h80;
      default: value = side ? 8'h7f : 8'h80;
    endcase
  endfunction

  // A source of random bytes for each operand and each weight.
  wire [8*ROWS*LANES-1:0] act_d;
  wire [8*ROWS*COLUMNS-1:0] tile_d;
  genvar n;
  generate
    for (n = 0; n < ROWS * (LANES + COLUMNS); n = n + 1) begin : gen_random
      reg [31:0] random_q;
      wire [31:0] random_a = random_q ^ (random_q << 13);
      wire [31:0] random_b = random_a ^ (random_a >> 17);
      initial random_q = (SEED + n) * 32'd2654435761 | 32'd1;
      always @(posedge clk_i) random_q <= random_b ^ (random_b << 5);
      if (n < ROWS * LANES) begin : gen_act
        assign act_d[8*n +: 8] = value(random_q[15:8], phase, 1'b0);
      end else begin : gen_weight
        assign tile_d[8*(n-ROWS*LANES) +: 8] = value(random_q[15:8], phase, cycle_q[10]);
      end
    end
  endgenerate
  wire load_d = cycle_q[12:11] == 2'd0 || gen_random[0].random_q[25:23] == 3'd0;

  // The definition.
  reg signed [31:0] sum;
  reg [PSUM_W-1:0] expected;
  reg [31:0] carried;
  integer c, l, r;
  always @* begin
    expected = {PSUM_W{1'b0}};
    carried = 32'd0;
    for (c = 0; c < COLUMNS; c = c + 1) begin
      for (l = 0; l < LANES; l = l + 1) begin
        sum = 32'sd0;
        for (r = 0; r < ROWS; r = r + 1) begin
          sum = sum + $signed(act_q[8*(r*LANES+l) +: 8]) * $signed(weight_q[8*(r*COLUMNS+c) +: 8]);
        end
        expected[ACC_W*(c*LANES+l) +: ACC_W] = sum[ACC_W-1:0];
        if (l % 2 == 0 && (sum < -32'sd131072 || sum >= 32'sd131072)) carried = carried + 32'd1;
      end
    end
  end

  reg [PSUM_W*PACKED_LATENCY-1:0] expected_q;
  always @(posedge clk_i) begin
    expected_q <= {expected_q[PSUM_W*(PACKED_LATENCY-1)-1:0], expected};
  end

  // Row r's weights come r cycles after row 0's.
  wire [ROWS-1:0] row_load;
  wire [8*ROWS*COLUMNS-1:0] row_weight;
  genvar g;
  generate
    for (g = 0; g < ROWS; g = g + 1) begin : gen_row
      if (g == 0) begin : gen_first
        assign row_load[0] = load_q;
        assign row_weight[0 +: 8*COLUMNS] = tile_q[0 +: 8*COLUMNS];
      end else begin : gen_next
        reg [(8*COLUMNS+1)*g-1:0] wait_q;
        always @(posedge clk_i) wait_q <= {wait_q, load_q, tile_q[8*COLUMNS*g +: 8*COLUMNS]};
        assign {row_load[g], row_weight[8*COLUMNS*g +: 8*COLUMNS]} = wait_q[(8*COLUMNS+1)*(g-1) +: 8*COLUMNS+1];
      end
    end
  endgenerate

  // The plain array has a load bit a cell.
  wire [ROWS*COLUMNS-1:0] cell_load;
  genvar cell_row;
  generate
    for (cell_row = 0; cell_row < ROWS; cell_row = cell_row + 1) begin : gen_cell_load
      assign cell_load[cell_row*COLUMNS +: COLUMNS] = {COLUMNS{row_load[cell_row]}};
    end
  endgenerate

  wire [PSUM_W-1:0] plain;
  wire [PSUM_W-1:0] packed_sums;

  systolic_array #(
    .ROWS     (ROWS),
    .COLUMNS  (COLUMNS),
    .LANES    (LANES),
    .ACT_W    (8),
    .WEIGHT_W (8),
    .GUARD_W  (GUARD_W)
  ) u_plain (
    .clk_i         (clk_i),
    .weight_load_i (cell_load),
    .weight_i      (row_weight),
    .act_i         (act_q),
    .psum_o        (plain)
  );

  packed_systolic_array #(
    .ROWS     (ROWS),
    .COLUMNS  (COLUMNS),
    .LANES    (LANES),
    .ACT_W    (8),
    .WEIGHT_W (8),
    .GUARD_W  (GUARD_W)
  ) u_packed (
    .clk_i         (clk_i),
    .weight_load_i (row_load),
    .weight_i      (row_weight),
    .act_i         (act_q),
    .psum_o        (packed_sums)
  );

  initial begin
    cycle_q = 32'd0;
    load_q = 1'b0;
    done_o = 1'b0;
    compared_o = 32'd0;
    different_o = 32'd0;
    carried_o = 32'd0;
  end

  always @(posedge clk_i) begin
    cycle_q <= cycle_q + 32'd1;
    act_q <= act_d;
    tile_q <= tile_d;
    load_q <= load_d;
    if (load_q) weight_q <= tile_q;
    if (cycle_q >= SETTLED && !done_o) begin
      compared_o <= compared_o + COLUMNS * LANES;
      carried_o <= carried_o + carried;
      if (plain != expected_q[PSUM_W*(LATENCY-1) +: PSUM_W] ||
          packed_sums != expected_q[PSUM_W*(PACKED_LATENCY-1) +: PSUM_W]) begin
        different_o <= different_o + 32'd1;
      end
    end
    done_o <= cycle_q >= CYCLES;
  end
endmodule

`default_nettype wire
