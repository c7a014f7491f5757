cdef extern from *:
    """
    #if defined(__GNUC__) || defined(__clang__)
    #define NOFLY_PREFETCH(address) __builtin_prefetch(address)
    #else
    #define NOFLY_PREFETCH(address) ((void)(address))
    #endif
    """
    void prefetch "NOFLY_PREFETCH"(const void *address) noexcept nogil
