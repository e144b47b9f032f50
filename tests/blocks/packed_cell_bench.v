// Both forms of dsp_mac_pair against the definition: two products and two sums, for every pair of operands and
// every weight, then with weights that come at random. `vendor_mac_pair` is the form with the vendor's cell,
// under another name.

`default_nettype none

module packed_cell_bench #(
  parameter integer CHAINED = 1,
  parameter integer RANDOM_CYCLES = 2000000
) (
  input  wire        clk_i,
  output reg         done_o,
  output reg  [31:0] compared_o,
  output reg  [31:0] different_o
);

  initial begin
    done_o = 1'b0;
    compared_o = 32'd0;
    different_o = 32'd0;
    random_q = 64'h9e3779b97f4a7c15;
    cycle_q = 32'd0;
  end

  // First all 2^24 combinations, a weight a cycle; then random ones, and loads at random.
  localparam [31:0] ALL = 32'h0100_0000;
  reg [31:0] cycle_q;
  reg [63:0] random_q;
  wire [63:0] shifted_a = random_q ^ (random_q << 13);  // xorshift
  wire [63:0] shifted_b = shifted_a ^ (shifted_a >> 7);
  wire sweep = cycle_q < ALL;
  wire signed [7:0] act_low = sweep ? cycle_q[7:0] : random_q[7:0];
  wire signed [7:0] act_high = sweep ? cycle_q[15:8] : random_q[15:8];
  wire signed [7:0] weight = sweep ? cycle_q[23:16] : random_q[23:16];
  wire load = sweep || random_q[24];
  wire [47:0] above = {random_q[47:16], random_q[63:48]};

  // The weight that a step meets is the one before the last load_i up to the next cycle.
  reg signed [7:0] weight_1q, weight_held_q;
  reg signed [7:0] low_1q, low_2q, high_1q, high_2q;
  reg signed [47:0] packed_q;
  reg [47:0] expected_q;
  wire signed [47:0] low_product = low_2q * weight_held_q;
  wire signed [47:0] high_product = high_2q * weight_held_q;

  wire [47:0] sum [0:1];
  wire [47:0] cascade [0:1];

  dsp_mac_pair #(
    .CHAINED (CHAINED)
  ) u_twin (
    .clk_i         (clk_i),
    .weight_load_i (load),
    .weight_i      (weight),
    .act_low_i     (act_low),
    .act_high_i    (act_high),
    .cascade_i     (above),
    .cascade_o     (cascade[0]),
    .sum_o         (sum[0])
  );

  vendor_mac_pair #(
    .CHAINED (CHAINED)
  ) u_vendor (
    .clk_i         (clk_i),
    .weight_load_i (load),
    .weight_i      (weight),
    .act_low_i     (act_low),
    .act_high_i    (act_high),
    .cascade_i     (above),
    .cascade_o     (cascade[1]),
    .sum_o         (sum[1])
  );

  wire alike = sum[0] == expected_q && sum[1] == expected_q && cascade[0] == expected_q && cascade[1] == expected_q;

  always @(posedge clk_i) begin
    cycle_q <= cycle_q + 32'd1;
    random_q <= shifted_b ^ (shifted_b << 17);
    weight_1q <= weight;
    if (load) weight_held_q <= weight_1q;
    low_1q <= act_low;
    low_2q <= low_1q;
    high_1q <= act_high;
    high_2q <= high_1q;
    packed_q <= (high_product <<< 18) + low_product;
    expected_q <= packed_q + ((CHAINED != 0) ? above : 48'd0);
    if (cycle_q >= 32'd8 && !done_o) begin
      compared_o <= compared_o + 32'd1;
      if (!alike) different_o <= different_o + 32'd1;
    end
    done_o <= cycle_q >= ALL + RANDOM_CYCLES;
  end
endmodule

`default_nettype wire
