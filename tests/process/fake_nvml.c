/* A fake libnvidia-ml.so.1: the functions that gpu_pool/monitor.py calls through pynvml.

Every call first reads the file named by FAKE_NVML_STATE, so that a test can change the GPUs
of a running process. nvml_library.py writes it; its lines are

    init_error CODE     what nvmlInit returns
    latency MS          how long each call takes; a waiting call returns once this is reduced
    device UUID PARENT LOST TOTAL USED FREE LOAD CELSIUS MILLIWATTS NAME...

PARENT is "-" for a GPU, and the GPU's UUID for one of its MIG instances. A negative figure
is unsupported by the device. */

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* nvmlReturn_t, of nvml.h */
enum { SUCCESS = 0, UNINITIALIZED = 1, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6 };
enum { GPU_IS_LOST = 15, UNKNOWN = 999 };

enum { MAX_DEVICES = 16, MAX_INSTANCES = 7, STEP_MS = 10 };
enum { LOAD, CELSIUS, MILLIWATTS, FIGURES };

typedef struct { unsigned long long total, free, used; } Memory;
typedef struct { unsigned gpu, memory; } Utilisation;

typedef struct {
    char uuid[96], parent[96], name[96];
    int lost;
    long long total, used, free;
    int figures[FIGURES];
} Device;

typedef struct {
    int init_error, latency, count;
    Device devices[MAX_DEVICES];
} State;

/* A handle is an address in this array: it stays valid when the file changes. */
static const char handles[MAX_DEVICES];
typedef const char *Handle;

static atomic_int users; /* calls of nvmlInit without a call of nvmlShutdown */

static int read_device(const char *line, Device *device) {
    int *figures = device->figures;
    int read = sscanf(line, "device %95s %95s %d %lld %lld %lld %d %d %d %95[^\n]", device->uuid,
                      device->parent, &device->lost, &device->total, &device->used,
                      &device->free, &figures[LOAD], &figures[CELSIUS], &figures[MILLIWATTS],
                      device->name);
    return read == 10;
}

static int read_state(State *state) {
    const char *path = getenv("FAKE_NVML_STATE");
    FILE *file = path ? fopen(path, "r") : NULL;
    char line[512];
    int error = SUCCESS;
    if (!file) return UNKNOWN;
    memset(state, 0, sizeof *state);
    while (!error && fgets(line, sizeof line, file)) {
        if (sscanf(line, "init_error %d", &state->init_error) == 1) continue;
        if (sscanf(line, "latency %d", &state->latency) == 1) continue;
        if (state->count == MAX_DEVICES || !read_device(line, &state->devices[state->count++]))
            error = UNKNOWN;
    }
    fclose(file);
    return error;
}

/* Read the state and wait for its latency. */
static int read_after_latency(State *state) {
    const struct timespec pause = {0, STEP_MS * 1000000L};
    for (int waited = 0;; waited += STEP_MS) {
        int error = read_state(state);
        if (error || waited >= state->latency) return error;
        nanosleep(&pause, NULL);
    }
}

/* First step of all functions except nvmlInit. */
static int enter(State *state) {
    int error = read_after_latency(state);
    return error ? error : users ? SUCCESS : UNINITIALIZED;
}

/* First step of the functions for a device; read its state. */
static int look_up(Handle handle, Device *device) {
    State state;
    int error = enter(&state);
    if (error) return error;
    if (handle < handles || handle >= handles + state.count) return INVALID_ARGUMENT;
    *device = state.devices[handle - handles];
    return device->lost ? GPU_IS_LOST : SUCCESS;
}

/* Find the nth device with that parent; `none` is the error if there is no such device. */
static int find(const State *state, const char *parent, unsigned n, int none, Handle *handle) {
    for (int i = 0; i < state->count; i++)
        if (!strcmp(state->devices[i].parent, parent) && n-- == 0) {
            *handle = &handles[i];
            return state->devices[i].lost ? GPU_IS_LOST : SUCCESS;
        }
    return none;
}

static int get_figure(Handle handle, int which, unsigned *figure) {
    Device device;
    int error = look_up(handle, &device);
    if (error) return error;
    *figure = device.figures[which];
    return device.figures[which] < 0 ? NOT_SUPPORTED : SUCCESS;
}

int nvmlInitWithFlags(unsigned flags) {
    State state;
    int error = read_after_latency(&state);
    (void)flags;
    if (!error) error = state.init_error;
    users += !error;
    return error;
}

int nvmlShutdown(void) {
    State state;
    int error = enter(&state);
    users -= !error;
    return error;
}

int nvmlDeviceGetCount_v2(unsigned *count) {
    State state;
    Handle handle;
    int error = enter(&state);
    *count = 0;
    while (!error && find(&state, "-", *count, NOT_FOUND, &handle) != NOT_FOUND) ++*count;
    return error;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, Handle *handle) {
    State state;
    int error = enter(&state);
    return error ? error : find(&state, "-", index, INVALID_ARGUMENT, handle);
}

int nvmlDeviceGetMaxMigDeviceCount(Handle gpu, unsigned *count) {
    Device device;
    *count = MAX_INSTANCES; /* the number possible, not the number present */
    return look_up(gpu, &device);
}

int nvmlDeviceGetMigDeviceHandleByIndex(Handle gpu, unsigned index, Handle *handle) {
    State state;
    Device device;
    int error = look_up(gpu, &device);
    if (!error) error = read_state(&state);
    return error ? error : find(&state, device.uuid, index, NOT_FOUND, handle);
}

int nvmlDeviceGetUUID(Handle handle, char *buffer, unsigned size) {
    Device device;
    int error = look_up(handle, &device);
    if (!error) snprintf(buffer, size, "%s", device.uuid);
    return error;
}

int nvmlDeviceGetName(Handle handle, char *buffer, unsigned size) {
    Device device;
    int error = look_up(handle, &device);
    if (!error) snprintf(buffer, size, "%s", device.name);
    return error;
}

int nvmlDeviceGetMemoryInfo(Handle handle, Memory *memory) {
    Device device;
    int error = look_up(handle, &device);
    if (error) return error;
    *memory = (Memory){device.total, device.free, device.used};
    return device.total < 0 ? NOT_SUPPORTED : SUCCESS;
}

int nvmlDeviceGetUtilizationRates(Handle handle, Utilisation *rates) {
    rates->memory = 0;
    return get_figure(handle, LOAD, &rates->gpu);
}

int nvmlDeviceGetTemperature(Handle handle, int sensor, unsigned *celsius) {
    return sensor ? INVALID_ARGUMENT : get_figure(handle, CELSIUS, celsius);
}

int nvmlDeviceGetPowerUsage(Handle handle, unsigned *milliwatts) {
    return get_figure(handle, MILLIWATTS, milliwatts);
}
