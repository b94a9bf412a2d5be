//! Where memory comes from.
//!
//! What is evaluated or planned is made of very many small things that live until the end, so a large run is a matter of
//! how fast the kernel hands out memory: in pages of 4 KB that alone is a quarter of it, in pages of 2 MB next to nothing.
//! The allocator asks for large pages, and gets them where the kernel leaves that to programs. But a command that does
//! little would take more of them than it can fill. So they are forbidden at first, and allowed once there is much to read.
//!
//! At first means before anything was allocated, which is before `main`: the runtime of Rust allocates too, and what it
//! touches would be a large page already. Of a small command that is a tenth of its memory (10.2 MB, without it 9.1 MB).

use std::sync::atomic::{AtomicU64, Ordering};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// From how many bytes of input on large pages are worth it: about two megabytes come of them.
const MUCH: u64 = 16 << 10;

/// What the kernel calls a large page, in bytes.
const LARGE_PAGE: usize = 2 << 20;

/// How much input there was so far.
static INPUT: AtomicU64 = AtomicU64::new(0);

/// Called by the system before the program begins.
#[cfg(target_os = "linux")]
#[used]
#[expect(
    unsafe_code,
    reason = "the only way to come before the first allocation; what is called makes one system call"
)]
#[unsafe(link_section = ".init_array")]
static BEFORE_ALL: extern "C" fn() = {
    extern "C" fn before_all() {
        allow_large_pages(false);
    }
    before_all
};

/// Takes note of input, before it is read where its size is known.
pub(crate) fn count_input(bytes: u64) {
    let before = INPUT.fetch_add(bytes, Ordering::Relaxed);
    if before < MUCH && before.saturating_add(bytes) >= MUCH {
        allow_large_pages(true);
        // A large page is made only where nothing was touched before, so what comes now is to stand beyond all that.
        let _ = Vec::<u8>::with_capacity(LARGE_PAGE).leak();
    }
}

/// A kernel that does not know of it goes on as it always does.
fn allow_large_pages(allow: bool) {
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(!allow);
    #[cfg(not(target_os = "linux"))]
    let _ = allow;
}
