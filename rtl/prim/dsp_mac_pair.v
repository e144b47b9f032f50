// dsp_mac_pair: Two products that share a weight, and their two sums, in one DSP48E2.
//
// The pre-adder packs both operands into one factor, high * 2^18 + low, so that one multiplication gives both
// products 18 bits apart; cells below each other add them through the cascade. The low sum may run over its 18
// bits: what it carries into the high sum is undone below the last cell (packed_field_split).
//
//   weight       weight_i stands a cycle before its weight_load_i, at any rate
//   operands     a step's operands meet the weight whose weight_load_i stands one cycle after them, or the
//                last one before
//   sums         sum_o = cascade_i + product, four cycles after the operands; cascade_i stands three cycles
//                after them
//
// With OFFRAMP_DSP48E2 the vendor's cell is instantiated; otherwise this is its portable twin, alike in every
// cycle (tests/blocks/packed_cell_test.cpp).
//
// Parameters
//   CHAINED  0 where the cell begins a cascade: cascade_i is not read (0 to 1)
//
// Written by hand.

`default_nettype none

module dsp_mac_pair #(
  parameter integer CHAINED = 1
) (
  input  wire              clk_i,
  input  wire              weight_load_i,  // the weight of the cycle before is taken
  input  wire signed [7:0] weight_i,
  input  wire signed [7:0] act_low_i,
  input  wire signed [7:0] act_high_i,
  input  wire [47:0]       cascade_i,      // from the cell above: only to be wired to its cascade_o
  output wire [47:0]       cascade_o,      // to the cell below
  output wire [47:0]       sum_o           // the same, for logic
);

`ifdef OFFRAMP_DSP48E2

  wire [47:0] above = (CHAINED != 0) ? cascade_i : 48'd0;

  // Z: the cascade or nothing; Y and X: the product.
  localparam [8:0] OPMODE = (CHAINED != 0) ? 9'b00_001_01_01 : 9'b00_000_01_01;

  /* verilator lint_off PINCONNECTEMPTY */
  DSP48E2 #(
    .A_INPUT            ("DIRECT"),
    .B_INPUT            ("DIRECT"),
    .AMULTSEL           ("AD"),
    .BMULTSEL           ("B"),
    .PREADDINSEL        ("A"),
    .USE_MULT           ("MULTIPLY"),
    .USE_SIMD           ("ONE48"),
    .USE_WIDEXOR        ("FALSE"),
    .XORSIMD            ("XOR24_48_96"),
    .USE_PATTERN_DETECT ("NO_PATDET"),
    .AUTORESET_PATDET   ("NO_RESET"),
    .AUTORESET_PRIORITY ("RESET"),
    .SEL_MASK           ("MASK"),
    .SEL_PATTERN        ("PATTERN"),
    .MASK               (48'h3FFFFFFFFFFF),
    .PATTERN            (48'h000000000000),
    .RND                (48'h000000000000),
    // Operands: A and D, then the pre-adder's register; the weight: both registers of B.
    .AREG               (1),
    .ACASCREG           (1),
    .DREG               (1),
    .ADREG              (1),
    .BREG               (2),
    .BCASCREG           (2),
    .MREG               (1),
    .PREG               (1),
    .CREG               (1),
    // What is constant needs no register.
    .INMODEREG          (0),
    .OPMODEREG          (0),
    .ALUMODEREG         (0),
    .CARRYINREG         (0),
    .CARRYINSELREG      (0),
    .IS_ALUMODE_INVERTED       (4'b0000),
    .IS_CARRYIN_INVERTED       (1'b0),
    .IS_CLK_INVERTED           (1'b0),
    .IS_INMODE_INVERTED        (5'b00000),
    .IS_OPMODE_INVERTED        (9'b000000000),
    .IS_RSTA_INVERTED          (1'b0),
    .IS_RSTALLCARRYIN_INVERTED (1'b0),
    .IS_RSTALUMODE_INVERTED    (1'b0),
    .IS_RSTB_INVERTED          (1'b0),
    .IS_RSTC_INVERTED          (1'b0),
    .IS_RSTCTRL_INVERTED       (1'b0),
    .IS_RSTD_INVERTED          (1'b0),
    .IS_RSTINMODE_INVERTED     (1'b0),
    .IS_RSTM_INVERTED          (1'b0),
    .IS_RSTP_INVERTED          (1'b0)
  ) u_dsp (
    .CLK            (clk_i),
    .A              ({{4{act_high_i[7]}}, act_high_i, 18'd0}),
    .D              ({{19{act_low_i[7]}}, act_low_i}),
    .B              ({{10{weight_i[7]}}, weight_i}),
    .C              (48'd0),
    .PCIN           (above),
    .P              (sum_o),
    .PCOUT          (cascade_o),
    .INMODE         (5'b00100),  // A2 + D, B2
    .OPMODE         (OPMODE),
    .ALUMODE        (4'b0000),
    .CARRYINSEL     (3'b000),
    .CARRYIN        (1'b0),
    .CEA1           (1'b0),
    .CEA2           (1'b1),
    .CED            (1'b1),
    .CEAD           (1'b1),
    .CEB1           (1'b1),
    .CEB2           (weight_load_i),
    .CEC            (1'b0),
    .CEM            (1'b1),
    .CEP            (1'b1),
    .CEALUMODE      (1'b0),
    .CECARRYIN      (1'b0),
    .CECTRL         (1'b0),
    .CEINMODE       (1'b0),
    .RSTA           (1'b0),
    .RSTALLCARRYIN  (1'b0),
    .RSTALUMODE     (1'b0),
    .RSTB           (1'b0),
    .RSTC           (1'b0),
    .RSTCTRL        (1'b0),
    .RSTD           (1'b0),
    .RSTINMODE      (1'b0),
    .RSTM           (1'b0),
    .RSTP           (1'b0),
    .ACIN           (30'd0),
    .BCIN           (18'd0),
    .CARRYCASCIN    (1'b0),
    .MULTSIGNIN     (1'b0),
    .ACOUT          (),
    .BCOUT          (),
    .CARRYCASCOUT   (),
    .CARRYOUT       (),
    .MULTSIGNOUT    (),
    .OVERFLOW       (),
    .PATTERNBDETECT (),
    .PATTERNDETECT  (),
    .UNDERFLOW      (),
    .XOROUT         ()
  );
  /* verilator lint_on PINCONNECTEMPTY */

`else

  reg signed [7:0] weight_q;         // B1
  reg signed [7:0] weight_held_q;    // B2
  reg signed [7:0] act_low_q;        // D
  reg signed [7:0] act_high_q;       // A2
  reg signed [26:0] packed_q;        // AD
  reg signed [34:0] product_q;       // M
  reg [47:0] sum_q;                  // P

  wire signed [26:0] act_low = {{19{act_low_q[7]}}, act_low_q};
  wire signed [26:0] act_high = {act_high_q[7], act_high_q, 18'd0};
  wire [47:0] above = (CHAINED != 0) ? cascade_i : 48'd0;

  always @(posedge clk_i) begin
    weight_q <= weight_i;
    if (weight_load_i) begin
      weight_held_q <= weight_q;
    end
    act_low_q <= act_low_i;
    act_high_q <= act_high_i;
    packed_q <= act_high + act_low;
    product_q <= packed_q * weight_held_q;
    sum_q <= above + {{13{product_q[34]}}, product_q};
  end

  assign cascade_o = sum_q;
  assign sum_o = sum_q;

`endif
endmodule

`default_nettype wire
