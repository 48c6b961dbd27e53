import koffi from "koffi";

const core = koffi.load("libgstreamer-1.0.so.0");
const app = koffi.load("libgstapp-1.0.so.0");
const video = koffi.load("libgstvideo-1.0.so.0");

// Prototypes as in gst/gst*.h, gst/app/*.h and gst/video/video-event.h of GStreamer 1.20 and later. Objects are
// pointers ("size_t"), which say nothing of what they point at; `Pipeline` keeps them apart.
export const gst = {
  initCheck: core.func("gst_init_check", "bool", ["void *", "void *", "void *"]),
  factoryFind: core.func("gst_element_factory_find", "size_t", ["str"]),
  parseLaunch: core.func("gst_parse_launch", "size_t", ["str", "void *"]),
  binGetByName: core.func("gst_bin_get_by_name", "size_t", ["size_t", "str"]),
  setState: core.func("gst_element_set_state", "int", ["size_t", "int"]),
  setObjectArg: core.func("gst_util_set_object_arg", "void", ["size_t", "str", "str"]),
  sendEvent: core.func("gst_element_send_event", "bool", ["size_t", "size_t"]),
  getBaseTime: core.func("gst_element_get_base_time", "uint64_t", ["size_t"]),
  getBus: core.func("gst_element_get_bus", "size_t", ["size_t"]),
  busPop: core.func("gst_bus_pop_filtered", "size_t", ["size_t", "int"]),
  parseError: core.func("gst_message_parse_error", "void", ["size_t", "void *", "void *"]),
  objectUnref: core.func("gst_object_unref", "void", ["size_t"]),
  unref: core.func("gst_mini_object_unref", "void", ["size_t"]),
  wrapMemory: core.func("gst_buffer_new_wrapped_full", "size_t", [
    "int",
    "size_t",
    "size_t",
    "size_t",
    "size_t",
    "size_t",
    "size_t",
  ]),
  bufferSize: core.func("gst_buffer_get_size", "size_t", ["size_t"]),
  bufferFlags: core.func("gst_buffer_get_flags", "int", ["size_t"]),
  bufferExtract: core.func("gst_buffer_extract", "size_t", ["size_t", "size_t", "void *", "size_t"]),
  sampleBuffer: core.func("gst_sample_get_buffer", "size_t", ["size_t"]),
  push: app.func("gst_app_src_push_buffer", "int", ["size_t", "size_t"]),
  pull: app.func("gst_app_sink_try_pull_sample", "size_t", ["size_t", "uint64_t"]),
  forceKeyUnit: video.func("gst_video_event_new_upstream_force_key_unit", "size_t", [
    "uint64_t",
    "bool",
    "uint",
  ]),
  errorFree: core.func("g_error_free", "void", ["size_t"]),
} as const;
