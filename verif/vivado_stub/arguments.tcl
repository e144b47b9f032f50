# Options of commands.

proc refuse {message} {
  return -code error "$message"
}

# Splits a command's words by `options`: option names, each followed by 1 where it takes a value. Gives a dictionary of
# the options that were there, with the words left over under the key "words".
proc parse {command options words} {
  set found [dict create words {}]
  for {set i 0} {$i < [llength $words]} {incr i} {
    set word [lindex $words $i]
    if {![string match -* $word] || [string is double -strict $word]} {
      dict lappend found words $word
      continue
    }
    if {![dict exists $options $word]} {
      refuse "$command: there is no option $word"
    }
    if {[dict get $options $word]} {
      incr i
      if {$i >= [llength $words]} {
        refuse "$command: the option $word has no value"
      }
      dict set found $word [lindex $words $i]
    } else {
      dict set found $word 1
    }
  }
  return $found
}

proc option {found name {default ""}} {
  return [expr {[dict exists $found $name] ? [dict get $found $name] : $default}]
}

# The number of words left over has to be one of `counts`.
proc require_words {command found counts} {
  set count [llength [dict get $found words]]
  if {$count ni $counts} {
    refuse "$command: $count arguments ([dict get $found words]); it takes [join $counts { or }]"
  }
}

proc require_file {command name} {
  if {![file isfile $name]} {
    refuse "$command: there is no file '$name'"
  }
}

# A file that a command writes: its directory has to be there.
proc require_place {command name} {
  if {![file isdirectory [file dirname $name]]} {
    refuse "$command: there is no directory '[file dirname $name]' for '[file tail $name]'"
  }
  close [open $name w]
}
