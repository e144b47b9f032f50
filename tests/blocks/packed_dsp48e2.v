// A model of the DSP48E2 for tests, written after what the vendor documents of the slice (UG579; from memory),
// not after rtl/prim: data and control registers with their enables and resets, the pre-adder, the multiplier,
// the four inputs of the adder, and the cascade of P. What it does not model is refused where an attribute asks
// for it: cascades of A and B, SIMD, patterns, wide XOR, inverted pins.

`default_nettype none

module DSP48E2 #(
  parameter A_INPUT = "DIRECT",
  parameter B_INPUT = "DIRECT",
  parameter AMULTSEL = "A",
  parameter BMULTSEL = "B",
  parameter PREADDINSEL = "A",
  parameter USE_MULT = "MULTIPLY",
  parameter USE_SIMD = "ONE48",
  parameter USE_WIDEXOR = "FALSE",
  parameter XORSIMD = "XOR24_48_96",
  parameter USE_PATTERN_DETECT = "NO_PATDET",
  parameter AUTORESET_PATDET = "NO_RESET",
  parameter AUTORESET_PRIORITY = "RESET",
  parameter SEL_MASK = "MASK",
  parameter SEL_PATTERN = "PATTERN",
  parameter [47:0] MASK = 48'h3FFFFFFFFFFF,
  parameter [47:0] PATTERN = 48'h000000000000,
  parameter [47:0] RND = 48'h000000000000,
  parameter integer AREG = 1,
  parameter integer ACASCREG = 1,
  parameter integer BREG = 1,
  parameter integer BCASCREG = 1,
  parameter integer CREG = 1,
  parameter integer DREG = 1,
  parameter integer ADREG = 1,
  parameter integer MREG = 1,
  parameter integer PREG = 1,
  parameter integer INMODEREG = 1,
  parameter integer OPMODEREG = 1,
  parameter integer ALUMODEREG = 1,
  parameter integer CARRYINREG = 1,
  parameter integer CARRYINSELREG = 1,
  parameter [3:0] IS_ALUMODE_INVERTED = 4'b0000,
  parameter [0:0] IS_CARRYIN_INVERTED = 1'b0,
  parameter [0:0] IS_CLK_INVERTED = 1'b0,
  parameter [4:0] IS_INMODE_INVERTED = 5'b00000,
  parameter [8:0] IS_OPMODE_INVERTED = 9'b000000000,
  parameter [0:0] IS_RSTA_INVERTED = 1'b0,
  parameter [0:0] IS_RSTALLCARRYIN_INVERTED = 1'b0,
  parameter [0:0] IS_RSTALUMODE_INVERTED = 1'b0,
  parameter [0:0] IS_RSTB_INVERTED = 1'b0,
  parameter [0:0] IS_RSTC_INVERTED = 1'b0,
  parameter [0:0] IS_RSTCTRL_INVERTED = 1'b0,
  parameter [0:0] IS_RSTD_INVERTED = 1'b0,
  parameter [0:0] IS_RSTINMODE_INVERTED = 1'b0,
  parameter [0:0] IS_RSTM_INVERTED = 1'b0,
  parameter [0:0] IS_RSTP_INVERTED = 1'b0
) (
  input  wire        CLK,
  input  wire [29:0] A, ACIN,
  input  wire [17:0] B, BCIN,
  input  wire [47:0] C, PCIN,
  input  wire [26:0] D,
  input  wire [4:0]  INMODE,
  input  wire [8:0]  OPMODE,
  input  wire [3:0]  ALUMODE,
  input  wire [2:0]  CARRYINSEL,
  input  wire        CARRYIN, CARRYCASCIN, MULTSIGNIN,
  input  wire        CEA1, CEA2, CEB1, CEB2, CEC, CED, CEAD, CEM, CEP,
  input  wire        CEALUMODE, CECARRYIN, CECTRL, CEINMODE,
  input  wire        RSTA, RSTB, RSTC, RSTD, RSTM, RSTP,
  input  wire        RSTALLCARRYIN, RSTALUMODE, RSTCTRL, RSTINMODE,
  output wire [47:0] P, PCOUT,
  output wire [29:0] ACOUT,
  output wire [17:0] BCOUT,
  output wire [3:0]  CARRYOUT,
  output wire [7:0]  XOROUT,
  output wire        CARRYCASCOUT, MULTSIGNOUT, OVERFLOW, UNDERFLOW, PATTERNDETECT, PATTERNBDETECT
);

  // Outputs that are not modelled.
  assign ACOUT = 30'd0;
  assign BCOUT = 18'd0;
  assign CARRYOUT = 4'd0;
  assign XOROUT = 8'd0;
  assign {CARRYCASCOUT, MULTSIGNOUT, OVERFLOW, UNDERFLOW, PATTERNDETECT, PATTERNBDETECT} = 6'd0;

`ifndef YOSYS
  initial begin
    if (A_INPUT != "DIRECT" || B_INPUT != "DIRECT" || BMULTSEL != "B" || PREADDINSEL != "A" ||
        USE_MULT != "MULTIPLY" || USE_SIMD != "ONE48" || USE_WIDEXOR != "FALSE" ||
        USE_PATTERN_DETECT != "NO_PATDET" || AUTORESET_PATDET != "NO_RESET") begin
      $display("DSP48E2 model: an attribute asks for what is not modelled");
      $finish;
    end
    if ((AREG == 2 && ACASCREG == 0) || (AREG < 2 && ACASCREG != AREG) || (BREG == 2 && BCASCREG == 0) ||
        (BREG < 2 && BCASCREG != BREG)) begin
      $display("DSP48E2 model: registers of the cascades of A and B do not fit AREG and BREG");
      $finish;
    end
    if ({IS_ALUMODE_INVERTED, IS_CARRYIN_INVERTED, IS_CLK_INVERTED, IS_INMODE_INVERTED, IS_OPMODE_INVERTED,
         IS_RSTA_INVERTED, IS_RSTALLCARRYIN_INVERTED, IS_RSTALUMODE_INVERTED, IS_RSTB_INVERTED,
         IS_RSTC_INVERTED, IS_RSTCTRL_INVERTED, IS_RSTD_INVERTED, IS_RSTINMODE_INVERTED, IS_RSTM_INVERTED,
         IS_RSTP_INVERTED} != 30'd0) begin
      $display("DSP48E2 model: inverted pins are not modelled");
      $finish;
    end
  end
`endif

  // Control.
  reg [4:0] inmode_q;
  reg [8:0] opmode_q;
  reg [3:0] alumode_q;
  reg       carryin_q;
  always @(posedge CLK) begin
    if (RSTINMODE) inmode_q <= 5'd0;
    else if (CEINMODE) inmode_q <= INMODE;
    if (RSTCTRL) opmode_q <= 9'd0;
    else if (CECTRL) opmode_q <= OPMODE;
    if (RSTALUMODE) alumode_q <= 4'd0;
    else if (CEALUMODE) alumode_q <= ALUMODE;
    if (RSTALLCARRYIN) carryin_q <= 1'b0;
    else if (CECARRYIN) carryin_q <= CARRYIN;
  end
  wire [4:0] inmode = (INMODEREG == 1) ? inmode_q : INMODE;
  wire [8:0] opmode = (OPMODEREG == 1) ? opmode_q : OPMODE;
  wire [3:0] alumode = (ALUMODEREG == 1) ? alumode_q : ALUMODE;
  wire       carryin = (CARRYINREG == 1) ? carryin_q : CARRYIN;

  // Operands. With one register in a path it is the second.
  reg [29:0] a1_q, a2_q;
  reg [17:0] b1_q, b2_q;
  reg [47:0] c_q;
  reg [26:0] d_q, ad_q;
  wire [29:0] a1 = (AREG == 2) ? a1_q : A;
  wire [17:0] b1 = (BREG == 2) ? b1_q : B;
  wire [29:0] a2 = (AREG == 0) ? A : a2_q;
  wire [17:0] b2 = (BREG == 0) ? B : b2_q;
  wire [47:0] c = (CREG == 1) ? c_q : C;
  wire [26:0] d = (DREG == 1) ? d_q : D;

  // INMODE: 0 chooses A1 over A2, 1 gates A, 2 admits D, 3 subtracts, 4 chooses B1 over B2.
  wire [26:0] a_side = inmode[1] ? 27'd0 : inmode[0] ? a1[26:0] : a2[26:0];
  wire [26:0] d_side = inmode[2] ? d : 27'd0;
  wire [26:0] ad_d = inmode[3] ? d_side - a_side : d_side + a_side;
  wire [26:0] ad = (ADREG == 1) ? ad_q : ad_d;
  wire signed [26:0] factor = (AMULTSEL == "AD") ? ad : a_side;
  wire signed [17:0] b_side = inmode[4] ? b1 : b2;
  wire signed [44:0] m_d = factor * b_side;
  reg signed [44:0] m_q;
  wire signed [44:0] m = (MREG == 1) ? m_q : m_d;
  always @(posedge CLK) begin
    if (RSTA) a1_q <= 30'd0;
    else if (CEA1) a1_q <= A;
    if (RSTA) a2_q <= 30'd0;
    else if (CEA2) a2_q <= a1;
    if (RSTB) b1_q <= 18'd0;
    else if (CEB1) b1_q <= B;
    if (RSTB) b2_q <= 18'd0;
    else if (CEB2) b2_q <= b1;
    if (RSTC) c_q <= 48'd0;
    else if (CEC) c_q <= C;
    if (RSTD) d_q <= 27'd0;
    else if (CED) d_q <= D;
    if (RSTD) ad_q <= 27'd0;
    else if (CEAD) ad_q <= ad_d;
    if (RSTM) m_q <= 45'd0;
    else if (CEM) m_q <= m_d;
  end

  // The adder of W, X, Y and Z.
  reg [47:0] w, x, y, z, sum, p_q;
  wire [47:0] m_wide = {{3{m[44]}}, m};
  wire [47:0] p_shifted = {{17{p_q[47]}}, p_q[47:17]};
  wire [47:0] pcin_shifted = {{17{PCIN[47]}}, PCIN[47:17]};
  always @* begin
    case (opmode[8:7])
      2'b00: w = 48'd0;
      2'b01: w = p_q;
      2'b10: w = RND;
      default: w = c;
    endcase
    case (opmode[1:0])
      2'b00: x = 48'd0;
      2'b01: x = m_wide;  // with Y = 01: the two partial products, together M
      2'b10: x = p_q;
      default: x = {a2, b2};
    endcase
    case (opmode[3:2])
      2'b00, 2'b01: y = 48'd0;
      2'b10: y = {48{1'b1}};
      default: y = c;
    endcase
    case (opmode[6:4])
      3'b000: z = 48'd0;
      3'b001: z = PCIN;
      3'b010, 3'b100: z = p_q;
      3'b011: z = c;
      3'b101: z = pcin_shifted;
      default: z = p_shifted;
    endcase
    case (alumode)
      4'b0000: sum = z + (w + x + y + {47'd0, carryin});
      4'b0011: sum = z - (w + x + y + {47'd0, carryin});
      4'b0001: sum = ~z + (w + x + y + {47'd0, carryin});
      4'b0010: sum = ~(z + (w + x + y + {47'd0, carryin}));
      default: sum = {48{1'bx}};
    endcase
  end
  always @(posedge CLK) begin
    if (RSTP) p_q <= 48'd0;
    else if (CEP) p_q <= sum;
  end
  assign P = (PREG == 1) ? p_q : sum;
  assign PCOUT = P;
endmodule

`default_nettype wire
