// The tutorial's array in SpinalHDL 1.10.
import spinal.core._

class Cell(dataW: Int) extends Component {
  val sumW = 2 * dataW + 4
  val io = new Bundle {
    val load = in Bool()
    val weight = in SInt (dataW bits)
    val act = in SInt (dataW bits)
    val sum = in SInt (sumW bits)
    val actO = out(Reg(SInt(dataW bits)))
    val sumO = out(Reg(SInt(sumW bits)))
  }
  val weightQ = RegNextWhen(io.weight, io.load)
  io.actO := io.act
  io.sumO := io.sum + (io.act * weightQ).resized // `+` drops the carry; `+^` would keep it
}

class Array(n: Int = 4, dataW: Int = 8) extends Component {
  val sumW = 2 * dataW + 4
  val io = new Bundle {
    val load = in Bool()
    val weight = in Vec (SInt(dataW bits), n * n)
    val act = in Vec (SInt(dataW bits), n)
    val sum = out Vec (SInt(sumW bits), n)
  }
  val cells = Seq.fill(n, n)(new Cell(dataW))
  for (r <- 0 until n; c <- 0 until n) {
    val cell = cells(r)(c).io
    cell.load := io.load
    cell.weight := io.weight(r * n + c)
    cell.act := (if (c == 0) io.act(r) else cells(r)(c - 1).io.actO)
    cell.sum := (if (r == 0) S(0, sumW bits) else cells(r - 1)(c).io.sumO)
  }
  for (c <- 0 until n) io.sum(c) := cells(n - 1)(c).io.sumO
}
