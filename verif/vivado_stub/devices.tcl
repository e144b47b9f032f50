# Parts and boards that exist (data sheets DS180, DS190, DS891; boards: AMD's and Digilent's board files).

set parts {
  xc7a35ticsg324-1L xc7a100tcsg324-1 xc7z020clg400-1 xc7z020clg484-1 xc7z045ffg900-2 xczu3eg-sbva484-1-i
  xczu7ev-ffvc1156-2-e xczu9eg-ffvb1156-2-e
}

# board, its part, revisions of its files
set boards {
  xilinx.com:zcu106:part0 xczu7ev-ffvc1156-2-e {2.3 2.4 2.5 2.6}
  xilinx.com:zcu104:part0 xczu7ev-ffvc1156-2-e {1.0 1.1}
  xilinx.com:zcu102:part0 xczu9eg-ffvb1156-2-e {3.3 3.4}
  xilinx.com:zc706:part0 xc7z045ffg900-2 {1.3 1.4}
  tul.com.tw:pynq-z2:part0 xc7z020clg400-1 {1.0}
  digilentinc.com:arty-a7-100:part0 xc7a100tcsg324-1 {1.0 1.1}
}

proc require_part {command part} {
  global parts
  if {$part ni $parts} {
    refuse "$command: there is no part '$part'"
  }
}

proc get_board_parts {args} {
  global boards
  set found [parse get_board_parts {-quiet 0 -latest_file_version 0} $args]
  require_words get_board_parts $found 1
  set names {}
  foreach {board part revisions} $boards {
    if {[dict exists $found -latest_file_version]} {
      set revisions [lindex $revisions end]
    }
    foreach revision $revisions {
      if {[string match [dict get $found words] $board:$revision]} {
        lappend names $board:$revision
      }
    }
  }
  if {[llength $names] == 0 && ![dict exists $found -quiet]} {
    refuse "get_board_parts: no board matches '[dict get $found words]'"
  }
  return $names
}

# The part of a board with its revision, or an error.
proc part_of_board {name} {
  global boards
  foreach {board part revisions} $boards {
    foreach revision $revisions {
      if {"$board:$revision" eq $name} {
        return $part
      }
    }
  }
  refuse "there is no board '$name'"
}
