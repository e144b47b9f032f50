// result_queue: Queue of four results in front of the output stream.
//
// Parameters
//   WIDTH  bits of a result (1 to 1024)
//
// Source: gen/blocks/result_queue.cpp:6

`default_nettype none

module result_queue #(
  parameter integer WIDTH = 48
) (
  input  wire             clk_i,
  input  wire             rst_ni,
  input  wire             push_i,   // only while ready_o
  input  wire [WIDTH-1:0] data_i,   // the result to queue
  output wire             ready_o,  // there is room
  output wire             valid_o,  // data_o is a result
  output wire [WIDTH-1:0] data_o,   // the oldest result
  input  wire             ready_i   // it is taken
);

  reg [WIDTH-1:0] mem [0:3];

  // One bit more than an address: equal pointers mean empty, opposite halves mean full.
  reg [2:0] head_q;
  reg [2:0] tail_q;
  wire empty = head_q == tail_q;
  wire [2:0] used = tail_q - head_q;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      tail_q <= 3'd0;
      head_q <= 3'd0;
    end else begin
      if (push_i) begin
        tail_q <= tail_q + 3'd1;
      end
      if (ready_i & ~empty) begin
        head_q <= head_q + 3'd1;
      end
    end
  end

  always @(posedge clk_i) begin
    if (push_i) begin
      mem[tail_q[1:0]] <= data_i;
    end
  end

  assign ready_o = used != 3'd4;
  assign valid_o = ~empty;
  assign data_o = mem[head_q[1:0]];
endmodule

`default_nettype wire
