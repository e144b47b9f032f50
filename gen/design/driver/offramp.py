"""Driver for accelerators that Offramp generates, in Python: for PYNQ, and for anything with read(offset) and
write(offset, value).

On PYNQ, import the design's own module before the overlay is loaded:

    import lenet5_parallel
    from pynq import MMIO, Overlay, allocate
    from offramp import Dma

    overlay = Overlay("design.bit")
    accelerator = overlay.accelerator  # a Lenet5Parallel
    accelerator.check()
    dma = Dma(accelerator, MMIO(overlay.ip_dict["dma"]["phys_addr"], 0x1000), allocate)
    results = dma.run(images)  # bytes of (n, rows, columns, channels)

Without pynq, pass the registers: Lenet5Parallel(mmio=...).
"""

from collections import namedtuple
from time import monotonic

try:
    from pynq import DefaultIP
except ImportError:  # registers are passed instead

    class DefaultIP:
        def __init__(self, description):
            self.mmio = description["mmio"]


Field = namedtuple("Field", "lsb bits")
Register = namedtuple("Register", "offset bits access reset fields", defaults=({},))
Result = namedtuple("Result", "top_class exit number error")

MAX_SOFTMAX, ENTROPY, MARGIN, BASE2, PATIENCE = range(5)
NUMBERS = 128  # that results have for images


class OfframpError(RuntimeError):
    """Something is wrong with the accelerator, the DMA engine or what they were given."""


def decode_result(word):
    """One word of m_axis_tdata."""
    return Result(word & 0xFFFF, word >> 16 & 0xFF, word >> 24 & 0x7F, bool(word >> 31))


def wait_for(look, what, seconds):
    """Calls look() until it gives something true."""
    end = monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if monotonic() > end:
            raise OfframpError(f"{what}: nothing happened for {seconds} s")


class Accelerator(DefaultIP):
    """A design; its own class has NAME, SHAPE, REGISTERS and what else the generator knows."""

    patience = 10.0  # seconds

    def __init__(self, description=None, mmio=None):
        super().__init__(description if mmio is None else {"mmio": mmio})

    # Registers by name.

    def _register(self, name):
        if name not in self.REGISTERS:
            raise OfframpError(f"{self.NAME} has no register {name}")
        return self.REGISTERS[name]

    def get(self, name):
        """A register's value; of 64 bits the low word is read first, which holds the high one still."""
        register = self._register(name)
        low = self.mmio.read(register.offset)
        if register.bits <= 32:
            return low
        return self.mmio.read(register.offset + 4) << 32 | low

    def set(self, name, value):
        register = self._register(name)
        if register.access != "rw":
            raise OfframpError(f"{name} cannot be written")
        if not 0 <= value < 1 << register.bits:
            raise OfframpError(f"{name} has {register.bits} bits and cannot hold {value:#x}")
        self.mmio.write(register.offset, value & 0xFFFFFFFF)
        if register.bits > 32:
            self.mmio.write(register.offset + 4, value >> 32)

    def field(self, name, field):
        f = self._register(name).fields[field]
        return self.get(name) >> f.lsb & (1 << f.bits) - 1

    def set_field(self, name, field, value):
        f = self._register(name).fields[field]
        if not 0 <= value < 1 << f.bits:
            raise OfframpError(f"{name}.{field} has {f.bits} bits and cannot hold {value:#x}")
        self.set(name, self.get(name) & ~((1 << f.bits) - 1 << f.lsb) | value << f.lsb)

    # What it is, and whether it runs.

    def check(self):
        """Raises unless this very design answers."""
        for name in ("version", "configuration"):
            expected, got = self.REGISTERS[name].reset, self.get(name)
            if expected != got:
                raise OfframpError(
                    f"{self.NAME}: register {name} is {got:#010x} and should be {expected:#010x}; is the "
                    "bitstream this driver's?"
                )

    def start(self):
        self.set("control", 0x81)

    def stop(self):
        """Accepts no more images and waits until the one that is computed has its result."""
        self.set("control", 0x80)
        wait_for(lambda: self.field("control", "idle"), "stop", self.patience)

    def set_weights(self, address):
        """Where mem/weights.bin lies; waits until the accelerator has read and checked it."""
        self._register("weights_address")
        if address % self.WEIGHTS_ALIGNMENT != 0:
            raise OfframpError(f"weights at {address:#x}: not a multiple of {self.WEIGHTS_ALIGNMENT}")
        self.set("weights_address", address)
        done = lambda: self.field("status", "weights_ready") or self.field("status", "weights_refused")
        wait_for(done, "weights", self.patience)
        self.check_status()

    def load(self, script):
        """Another network: the text of networks/NAME.load."""
        lines = [line for line in script.splitlines() if line and not line.startswith("#")]
        writes = [tuple(int(word, 16) for word in line.split()) for line in lines]
        if not writes or any(len(w) != 2 for w in writes) or writes[0][0] or writes[0][1] & 1 or writes[-1] != (0, 0x81):
            raise OfframpError("the text is no load script")
        self.stop()
        for offset, value in writes[1:]:
            self.mmio.write(offset, value)

    def check_status(self):
        """Raises where the status register shows an error."""
        if self.field("status", "tlast_error"):
            raise OfframpError("TLAST and the size of an image disagreed: reset the accelerator")
        response = {0: "", 2: ": memory answered SLVERR", 3: ": nothing lies at their address (DECERR)"}.get(
            self.field("status", "weights_response"), ""
        )
        if self.field("status", "weights_refused"):
            raise OfframpError(f"the weight image was refused{response}")
        if self.field("status", "weights_read_failed"):
            raise OfframpError(f"a read of weights failed{response}")

    # Early exits.

    def set_criterion(self, exit, criterion):
        self.set_field("criterion", f"exit_{exit}", criterion)

    def criterion(self, exit):
        return self.field("criterion", f"exit_{exit}")

    def set_threshold(self, exit, threshold):
        self.set(f"threshold_{exit}", threshold)

    def threshold(self, exit):
        return self.get(f"threshold_{exit}")

    def set_skip(self, exit, level, above=False):
        self.set(f"skip_{exit}", level | int(above) << 31)

    # Counters and interrupts.

    def exit_count(self, exit):
        first = self.EXITS - sum(name.startswith("exit_count_") for name in self.REGISTERS)
        return self.get(f"exit_count_{exit - first}")

    def samples(self):
        return self.get("samples")

    def cycles(self):
        return self.get("cycles")

    def enable_interrupts(self, result=False, sample=False):
        self.set("interrupt_enable", int(result) | int(sample) << 1)
        self.set("global_interrupt_enable", int(result or sample))

    def take_interrupts(self):
        events = self.get("interrupt_status")
        if events:
            self.set("interrupt_status", events)  # bits toggle: what comes meanwhile stays
        return events

    # Designs with --watch.

    def histogram(self, exit):
        counts = []
        for bin in range(16):
            self.set("histogram_select", 16 * exit + bin)
            counts.append(self.get("histogram_count"))
        return counts


class Dma:
    """Images in and results out through an AXI DMA (PG021) with scatter-gather. `registers` are the engine's;
    allocate(shape, dtype) gives memory with physical_address, flush() and invalidate(), as pynq.allocate
    does."""

    IMAGES, RESULTS = 0x00, 0x30  # channels
    CONTROL, STATUS, CURRENT, TAIL = 0x00, 0x04, 0x08, 0x10
    WORDS = 16  # of a descriptor

    def __init__(self, accelerator, registers, allocate, images=64, wide=False):
        self.accelerator, self.registers, self.count, self.wide = accelerator, registers, images, wide
        self.allocate = allocate
        # Two rings, and a cache line for each result.
        self.memory = allocate(shape=(3 * images, self.WORDS), dtype="u4")
        self.reset()

    def _address(self, row):
        return self.memory.physical_address + 4 * self.WORDS * row

    def _write_address(self, register, address):
        self.registers.write(register, address & 0xFFFFFFFF)
        if self.wide:
            self.registers.write(register + 4, address >> 32)

    def reset(self):
        """Resets the engine and starts both rings. The accelerator must be idle."""
        self.registers.write(self.IMAGES + self.CONTROL, 4)
        wait_for(lambda: not self.registers.read(self.IMAGES + self.CONTROL) & 4, "DMA reset", 1.0)
        self.sent = self.received = 0
        self.first_number = self.accelerator.samples() % NUMBERS
        for row in range(2 * self.count):
            ring, n = divmod(row, self.count)
            following = self._address(ring * self.count + (n + 1) % self.count)
            self.memory[row] = [following & 0xFFFFFFFF, following >> 32] + [0] * (self.WORDS - 2)
        self.memory.flush()
        for channel, row in ((self.RESULTS, self.count), (self.IMAGES, 0)):
            self._write_address(channel + self.CURRENT, self._address(row))
            self.registers.write(channel + self.CONTROL, 0x00010001)
            # A tail counts from when the channel is no longer halted.
            wait_for(lambda: not self.registers.read(channel + self.STATUS) & 1, "DMA start", 1.0)

    def _status(self, row):
        self.memory.invalidate()
        return int(self.memory[row, 7])

    def _fill(self, row, buffer, control):
        self.memory[row, 2:8] = [buffer & 0xFFFFFFFF, buffer >> 32, 0, 0, control, 0]

    def send(self, address, stride, count):
        """Sends images that lie `stride` bytes apart from a physical address on."""
        if count > self.count - (self.sent - self.received):
            raise OfframpError("all descriptors are in use; receive results first")
        rows, columns, channels = self.accelerator.SHAPE
        for i in range(count):
            n = (self.sent + i) % self.count
            if self.sent + i >= self.count:  # the image's result came; the engine may yet have to say so
                wait_for(lambda: self._status(n) >> 31, "descriptor", self.accelerator.patience)
            self._fill(self.count + n, self._address(2 * self.count + n), 8)
            self._fill(n, address + i * stride, 3 << 26 | rows * columns * channels)
        self.memory.flush()
        self.sent += count
        last = (self.sent - 1) % self.count
        self._write_address(self.RESULTS + self.TAIL, self._address(self.count + last))
        self._write_address(self.IMAGES + self.TAIL, self._address(last))

    def check(self):
        """Raises where engine or accelerator shows an error."""
        for channel, name in ((self.IMAGES, "images"), (self.RESULTS, "results")):
            status = self.registers.read(channel + self.STATUS)
            if status & 0x770:
                raise OfframpError(f"the DMA channel of {name} stopped: DMASR is {status:#010x}")
        self.accelerator.check_status()

    def receive(self):
        """Waits for a result; gives it with how many images after the oldest possible one it comes."""
        if self.received == self.sent:
            raise OfframpError("no image is under way")
        n = self.received % self.count

        try:
            status = wait_for(lambda: self._status(self.count + n), "result", self.accelerator.patience)
        except OfframpError:
            self.check()
            raise
        if status not in (0x8C000004, 0x8C000008):
            raise OfframpError(f"result {self.received}: the descriptor's status is {status:#010x}")
        self.received += 1
        return decode_result(int(self.memory[2 * self.count + n, 0]))

    def run(self, images):
        """Results of an array of images, in their order."""
        rows, columns, channels = self.accelerator.SHAPE
        size = rows * columns * channels
        stride = (size + 63) // 64 * 64
        buffer = self.allocate(shape=(len(images), stride), dtype="u1")
        for i, image in enumerate(images):
            buffer[i, :size] = image.reshape(size)
        buffer.flush()
        results, first, oldest = [None] * len(images), self.sent, 0
        while self.received - first < len(images):
            begun = self.sent - first
            count = min(len(images) - begun, self.count - (self.sent - self.received))
            if count:
                self.send(buffer.physical_address + begun * stride, stride, count)
            result = self.receive()
            at = oldest + (result.number - self.first_number - first - oldest) % NUMBERS
            if at >= len(images) or results[at] is not None:
                raise OfframpError(f"a result has number {result.number}, which no image under way has")
            results[at] = result
            while oldest < len(images) and results[oldest] is not None:
                oldest += 1
        return results
