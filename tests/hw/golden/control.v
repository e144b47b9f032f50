// control: A counter with a small state machine, a memory and a saturating output.
//
// Parameters
//   DEPTH      words (2 to 1024)
//   INIT_FILE  contents of the memory
//
// Source: tests/hw/print_verilog_test.cpp:92

`default_nettype none

module control #(
  parameter integer DEPTH = 16,
  parameter INIT_FILE = "init.hex"
) (
  input  wire              clk_i,
  input  wire              rst_ni,
  input  wire              go_i,    // start
  output wire signed [7:0] data_o,  // saturated word
  output wire              busy_o
);

  localparam integer ADDR_W = $clog2(DEPTH);
  localparam [1:0] IDLE = 2'd0;
  localparam [1:0] RUN = 2'd1;
  localparam integer LAST = DEPTH - 1;

  (* ram_style = "block" *)
  reg signed [11:0] mem [0:DEPTH-1];
  initial if (INIT_FILE != "") $readmemh(INIT_FILE, mem);

  // ---- State ----

  reg [1:0] state_q;
  reg [1:0] state_d;
  reg [ADDR_W-1:0] addr_q;
  reg signed [11:0] word_q;

  always @* begin
    state_d = state_q;
    case (state_q)
      IDLE: begin
        if (go_i) begin
          state_d = RUN;
        end
      end
      RUN: begin
        // one pass over the memory
        if (addr_q == LAST[ADDR_W-1:0]) begin
          state_d = IDLE;
        end
      end
      default: ;
    endcase
  end

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= 2'd0;
      addr_q <= {ADDR_W{1'b0}};
    end else begin
      state_q <= state_d;
      if (state_q == RUN) begin
        if (addr_q == LAST[ADDR_W-1:0]) begin
          addr_q <= {ADDR_W{1'b0}};
        end else begin
          addr_q <= addr_q + 1'b1;
        end
      end
    end
  end

  always @(posedge clk_i) begin
    word_q <= mem[addr_q];
  end

  // ---- Output ----

  wire signed [12:0] _data_add = word_q + 12'sd100;
  assign data_o = (_data_add[12:7] == {6{_data_add[12]}}) ? _data_add[7:0] :
      {_data_add[12], {7{~_data_add[12]}}};
  assign busy_o = state_q != IDLE;
endmodule

`default_nettype wire
