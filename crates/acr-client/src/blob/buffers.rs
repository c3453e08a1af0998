//! Buffers that are used again: fresh memory for each piece would cost the kernel as much as hashing
//! costs the processor.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

/// Buffers of one size. There are as many as were in use at once.
#[derive(Clone)]
pub(crate) struct Buffers {
    size: usize,
    free: Arc<Mutex<Vec<Box<[u8]>>>>,
}

/// One of them; it goes back when it is dropped, or the last piece made of it.
pub(crate) struct Buffer {
    memory: Box<[u8]>,
    filled: usize,
    home: Buffers,
}

impl Buffers {
    pub(crate) fn of(size: usize) -> Self {
        Self {
            size,
            free: Arc::default(),
        }
    }

    pub(crate) fn take(&self) -> Buffer {
        let free = self.lock().pop();
        Buffer {
            memory: free.unwrap_or_else(|| vec![0; self.size].into()),
            filled: 0,
            home: self.clone(),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Box<[u8]>>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Buffer {
    /// Where there is room still.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        &mut self.memory[self.filled..]
    }

    /// So many bytes more were put there.
    pub(crate) fn fill(&mut self, bytes: usize) {
        self.filled = (self.filled + bytes).min(self.memory.len());
    }

    pub(crate) fn into_bytes(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.memory[..self.filled]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let memory = std::mem::take(&mut self.memory);
        self.home.lock().push(memory);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_used_again() {
        let buffers = Buffers::of(4);
        let mut first = buffers.take();
        first.room().copy_from_slice(b"some");
        first.fill(3);
        let bytes = first.into_bytes();
        assert_eq!(bytes, "som");
        let (slice, second) = (bytes.slice(1..), buffers.take());
        drop(bytes);
        assert!(buffers.lock().is_empty());
        drop((slice, second));
        assert_eq!(buffers.lock().len(), 2);
        let third = buffers.take();
        assert_eq!((third.as_ref(), buffers.lock().len()), (&b""[..], 1));
    }
}
