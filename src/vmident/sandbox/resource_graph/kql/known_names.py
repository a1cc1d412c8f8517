"""Names of Kusto that the sandbox knows of without having them, and names that keep a column's name.

A name from these lists is refused by name; any other is as unknown here as it is to Azure.
Source: Microsoft's reference of the Kusto Query Language: lists of scalar functions, aggregations, tabular operators.
"""

from __future__ import annotations

CONVERSIONS = frozenset(
    {
        "tostring",
        "toint",
        "tolong",
        "todouble",
        "toreal",
        "tobool",
        "toboolean",
        "todatetime",
        "todynamic",
        "totimespan",
    }
)

_OPERATORS = """
    as consume datatable evaluate externaldata facet find fork getschema graph-match invoke lookup macro-expand
    make-graph make-series mv-apply parse parse-kv parse-where partition print project-keep project-reorder
    range reduce render sample sample-distinct scan search serialize top-hitters top-nested
"""
UNSUPPORTED_OPERATORS = frozenset(_OPERATORS.split())

_FUNCTIONS = """
    abs acos any anyif arg_max arg_min array_concat array_iff array_index_of array_reverse array_rotate_left
    array_slice array_sort_asc array_sort_desc array_split array_sum avgif bag_has_key bag_merge bag_remove_keys
    bag_set_key bag_zip base64_decode_tostring base64_encode_tostring bin bin_at binary_and binary_or binary_xor
    buildschema ceiling column_ifexists count_distinct count_distinctif countof current_cluster_endpoint
    current_principal datetime_add datetime_diff datetime_local_to_utc datetime_part datetime_utc_to_local
    dayofmonth dayofweek dayofyear dcountif endofday endofmonth endofweek endofyear exp extract_all extract_json
    extractjson floor format_bytes format_datetime format_ipv4 format_ipv4_mask format_timespan geo_distance_2points
    getmonth gettype getyear has_any_index has_any_ipv4 has_ipv4 has_ipv4_prefix hash hash_combine hash_md5
    hash_sha1 hash_sha256 hll hll_merge hourofday indexof_regex ingestion_time ipv4_compare ipv4_is_in_range
    ipv4_is_match ipv4_is_private ipv4_netmask_suffix ipv6_compare ipv6_is_match isascii isfinite isinf isnan
    jaccard_index log log10 log2 make_bag make_bag_if make_datetime make_list_if make_list_with_nulls make_set_if
    make_string make_timespan max_of maxif min_of minif monthofyear new_guid next pack pack_all pack_array
    pack_dictionary parse_command_line parse_csv parse_ipv4 parse_ipv4_mask parse_ipv6 parse_path parse_url
    parse_urlquery parse_user_agent parse_version parse_xml percentile percentiles pow prev punycode_from_string
    rand range repeat replace replace_regex replace_strings reverse round row_cumsum row_number row_rank_dense
    series_stats set_difference set_has_element set_intersect set_union sign sqrt startofday startofmonth
    startofweek startofyear stdev strcat_delim strcmp string_size strrep sumif take_any take_anyif tdigest todecimal
    toguid tohex translate trim_end trim_start typeof unicode_codepoints_from_string
    unixtime_milliseconds_todatetime unixtime_seconds_todatetime url_decode url_encode variance week_of_year
    welch_test zip zlib_compress_to_base64_string
"""
UNSUPPORTED_FUNCTIONS = frozenset(_FUNCTIONS.split())
