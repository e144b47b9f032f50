// The tutorial's array in Chisel 6.
import chisel3._

class Cell(dataW: Int) extends Module {
  val sumW = 2 * dataW + 4
  val io = IO(new Bundle {
    val load = Input(Bool())
    val weight = Input(SInt(dataW.W))
    val act = Input(SInt(dataW.W))
    val sum = Input(SInt(sumW.W))
    val actO = Output(SInt(dataW.W))
    val sumO = Output(SInt(sumW.W))
  })
  val weightQ = Reg(SInt(dataW.W))
  when(io.load) { weightQ := io.weight }
  io.actO := RegNext(io.act)
  io.sumO := RegNext(io.sum + io.act * weightQ) // `+` drops the carry; `+&` would keep it
}

class Array(n: Int = 4, dataW: Int = 8) extends Module {
  val sumW = 2 * dataW + 4
  val io = IO(new Bundle {
    val load = Input(Bool())
    val weight = Input(Vec(n * n, SInt(dataW.W)))
    val act = Input(Vec(n, SInt(dataW.W)))
    val sum = Output(Vec(n, SInt(sumW.W)))
  })
  val cells = Seq.fill(n, n)(Module(new Cell(dataW)).io)
  for (r <- 0 until n; c <- 0 until n) {
    val cell = cells(r)(c)
    cell.load := io.load
    cell.weight := io.weight(r * n + c)
    cell.act := (if (c == 0) io.act(r) else cells(r)(c - 1).actO)
    cell.sum := (if (r == 0) 0.S else cells(r - 1)(c).sumO)
  }
  for (c <- 0 until n) io.sum(c) := cells(n - 1)(c).sumO
}
