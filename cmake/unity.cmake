# mambasic_unity(target [apart]): where MAMBASIC_UNITY is ON, compiles the target's sources eight at a time,
# which takes half the time or less. What matches the expression `apart` stays by itself: sources that
# give names of their own to different things. A build without it proves that a source includes what
# it uses. Not with mutants: one changed source then could not stand in for its library's.
function(mambasic_unity target)
    if(NOT MAMBASIC_UNITY OR MAMBASIC_MUTANTS)
        return()
    endif()
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON)
    if(ARGC GREATER 1)
        get_target_property(apart ${target} SOURCES)
        list(FILTER apart INCLUDE REGEX "${ARGV1}")
        set_source_files_properties(${apart} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    endif()
endfunction()
