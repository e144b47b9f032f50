// For yosys: every pair of sums comes out of packed_field_split as it went in.
//
// Between two rows that are looked at, each of the two sums grows by up to six products, each of a value from
// -128 * 127 to 128 * 128: all such steps are inputs, free in every cycle. The array's cascade is modelled by its
// sums alone, exact in 24 bits; row r works r cycles after row 0. All is feed-forward, so one cycle proved from
// any state is every cycle proved.

`default_nettype none

module packed_split_proof #(
  parameter integer ROWS = 16
) (
  input wire                   clk_i,
  input wire [TAPS*SUM_W-1:0]  low_step_i,
  input wire [TAPS*SUM_W-1:0]  high_step_i
);

  localparam integer TAPS = (ROWS + 5) / 6;
  localparam integer SUM_W = 24;
  localparam integer LEAST = -128 * 127;
  localparam integer MOST = 128 * 128;

  wire [3*TAPS-1:0] tap;
  wire signed [SUM_W-1:0] low [0:TAPS-1];
  wire signed [SUM_W-1:0] high [0:TAPS-1];

  genvar s;
  generate
    for (s = 0; s < TAPS; s = s + 1) begin : gen_tap
      localparam integer WAIT = (ROWS - 6*s < 6) ? ROWS - 6*s : 6;
      wire signed [SUM_W-1:0] low_step = low_step_i[SUM_W*s +: SUM_W];
      wire signed [SUM_W-1:0] high_step = high_step_i[SUM_W*s +: SUM_W];
      if (s == 0) begin : gen_first
        assign low[s] = low_step;
        assign high[s] = high_step;
      end else begin : gen_next
        reg [2*SUM_W*WAIT-1:0] wait_q;
        always @(posedge clk_i) wait_q <= {wait_q, low[s-1], high[s-1]};
        assign low[s] = low_step + $signed(wait_q[2*SUM_W*(WAIT-1)+SUM_W +: SUM_W]);
        assign high[s] = high_step + $signed(wait_q[2*SUM_W*(WAIT-1) +: SUM_W]);
      end
      assign tap[3*s +: 3] = low[s][17:15];
      always @* begin
        assume (low_step >= WAIT * LEAST && low_step <= WAIT * MOST);
        assume (high_step >= WAIT * LEAST && high_step <= WAIT * MOST);
      end
    end
  endgenerate

  wire signed [47:0] low_wide = low[TAPS-1];
  wire signed [47:0] high_wide = high[TAPS-1];
  wire signed [SUM_W-1:0] low_out;
  wire signed [SUM_W-1:0] high_out;

  packed_field_split #(
    .ROWS  (ROWS),
    .ACC_W (SUM_W)
  ) u_split (
    .clk_i  (clk_i),
    .tap_i  (tap),
    .sum_i  ((high_wide <<< 18) + low_wide),
    .low_o  (low_out),
    .high_o (high_out)
  );

  reg signed [SUM_W-1:0] low_1q, low_2q, high_1q, high_2q;
  always @(posedge clk_i) begin
    low_1q <= low[TAPS-1];
    low_2q <= low_1q;
    high_1q <= high[TAPS-1];
    high_2q <= high_1q;
  end

  always @* begin
    assert (low_out == low_2q);
    assert (high_out == high_2q);
  end
endmodule

`default_nettype wire
