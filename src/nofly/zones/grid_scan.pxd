cdef double PAD_DEG
cdef double REF_X
cdef double REF_Y
cdef Py_ssize_t column(double lon_deg) noexcept nogil
cdef Py_ssize_t row(double lat_deg) noexcept nogil
cdef (double, double) band_span(double x0, double y0, double x1, double y1, double low, double high) noexcept nogil
