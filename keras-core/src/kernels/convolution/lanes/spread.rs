//! Lines of an image as lanes need them.

use super::SOURCES;
use crate::kernels::{
    copies::{turn, zero_run},
    elementwise::load_some,
    simd::{MAX_LANES, Vector},
};

/// How a pixel is spread over a vector for each channel of a group: lane by lane, that channel of the lane's group.
pub(super) struct Spread {
    /// Channels of a group of the source.
    sources: usize,
    /// The first channel that is read, and how many are.
    base: usize,
    span: usize,
    /// The lane's group, counted from the first.
    groups: [u32; MAX_LANES],
    /// Where channels of few vectors are read: in which lane of which vector each lane finds its channel.
    lanes: [[[u32; MAX_LANES]; VECTORS]; SOURCES],
    /// All bits of the lanes that find their channel in a vector, which not all do.
    found: [[[f32; MAX_LANES]; VECTORS]; SOURCES],
}

/// Vectors that are permuted, at most.
const VECTORS: usize = 2;

/// Lines of an image.
#[derive(Clone, Copy)]
pub(super) struct Lines {
    pub image: *const f32,
    pub height: usize,
    pub width: usize,
    pub channels: usize,
}

impl Spread {
    /// For `count` channels of the target from `first` on, in groups of `targets`.
    #[inline(always)]
    pub(super) fn new<V: Vector>(first: usize, count: usize, targets: usize, sources: usize) -> Self {
        let targets = targets.max(1);
        let group = |lane: usize| (first + lane.min(count.saturating_sub(1))) / targets.max(1) - first / targets.max(1);
        let mut spread = Self {
            sources,
            base: first / targets.max(1) * sources,
            span: (group(count) + 1) * sources,
            groups: core::array::from_fn(|lane| group(lane) as u32),
            lanes: [[[0; MAX_LANES]; VECTORS]; SOURCES],
            found: [[[0.0; MAX_LANES]; VECTORS]; SOURCES],
        };
        if spread.span <= VECTORS * V::LANES {
            for (source, (lanes, found)) in spread.lanes.iter_mut().zip(&mut spread.found).enumerate().take(sources) {
                for lane in 0..V::LANES {
                    let channel = group(lane) * sources + source;
                    for (vector, (lanes, found)) in lanes.iter_mut().zip(found.iter_mut()).enumerate() {
                        let at = channel.wrapping_sub(vector * V::LANES);
                        (lanes[lane % MAX_LANES], found[lane % MAX_LANES]) =
                            if at < V::LANES { (at as u32, f32::from_bits(u32::MAX)) } else { (0, 0.0) };
                    }
                }
            }
        }
        spread
    }

    /// Spreads `count` pixels of a line, zeros where there are none.
    ///
    /// # Safety
    /// The image is readable, and `to` has room for `count · sources` vectors.
    #[inline(always)]
    pub(super) unsafe fn line<V: Vector>(&self, from: &Lines, (y, x): (isize, isize), count: usize, to: *mut f32) {
        let pixel = self.sources * V::LANES;
        let inside = y >= 0 && y < from.height as isize;
        let low = if inside { ((-x).max(0) as usize).min(count) } else { count };
        // Not `clamp`, which panics if its limits are exchanged.
        let high = (from.width as isize - x).min(count as isize).max(low as isize) as usize;
        let start = y.wrapping_mul(from.width as isize).wrapping_add(x).wrapping_mul(from.channels as isize);
        let start = from.image.wrapping_offset(start).wrapping_add(self.base);
        let channels = from.channels - self.base;
        let mut turned = [0.0; SOURCES * MAX_LANES];
        // SAFETY: only pixels of the image are read; there is room, which is the caller's promise.
        unsafe {
            zero_run(to, low * pixel);
            for at in low..high {
                let start = start.wrapping_add(at * from.channels);
                self.pixel::<V>(start, channels, &mut turned, to.add(at * pixel));
            }
            zero_run(to.add(high * pixel), (count - high) * pixel);
        }
    }

    /// # Safety
    /// From `from` on, `channels` of the pixel are readable; `to` has room for its vectors.
    #[inline(always)]
    unsafe fn pixel<V: Vector>(
        &self,
        from: *const f32,
        channels: usize,
        turned: &mut [f32; SOURCES * MAX_LANES],
        to: *mut f32,
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            if self.span <= V::LANES {
                let values = load_some::<V>(from, V::LANES.min(channels));
                for (source, [lanes, _]) in self.lanes.iter().enumerate().take(self.sources) {
                    values.permute(lanes).store(to.add(source * V::LANES));
                }
            } else if self.span <= VECTORS * V::LANES {
                let (low, rest) = (V::load(from), V::LANES.min(channels - V::LANES));
                let high = load_some::<V>(from.add(V::LANES), rest);
                for (source, (lanes, found)) in self.lanes.iter().zip(&self.found).enumerate().take(self.sources) {
                    let [low, high] = [(low, 0), (high, 1)]
                        .map(|(values, at)| values.permute(&lanes[at]).and(V::load(found[at].as_ptr())));
                    low.or(high).store(to.add(source * V::LANES));
                }
            } else {
                let groups = self.span / self.sources.max(1);
                turn(from, self.sources, groups, self.sources, turned.as_mut_ptr(), V::LANES);
                for source in 0..self.sources {
                    let values = V::load(turned.as_ptr().add(source * V::LANES));
                    values.permute(&self.groups).store(to.add(source * V::LANES));
                }
            }
        }
    }
}
