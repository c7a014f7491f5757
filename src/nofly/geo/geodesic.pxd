cdef (double, double, double) inverse(double lat1_deg, double lon1_deg, double lat2_deg, double lon2_deg) noexcept nogil
cdef (double, double) direct(double lat_deg, double lon_deg, double az_rad, double length_m) noexcept nogil
cdef double sagitta_m(double lat1_deg, double lat2_deg, double dlon_deg) noexcept nogil
cdef Py_ssize_t split_geodesic(double lat1_deg, double lon1_deg, double lat2_deg, double lon2_deg, double tolerance_m, double[::1] lats_deg, double[::1] lons_deg, double[::1] fractions) noexcept nogil
