//! Random numbers that never change: splitmix64, integers wherever possible, and of floating point only what IEEE 754
//! rounds exactly (division and square root), so that the data is the same on every machine.

/// A stream of random numbers.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// The stream of a seed and a purpose. Different purposes do not shift each other's numbers.
    pub fn new(seed: u64, purpose: &str) -> Self {
        let mut rng = Self(seed);
        for byte in purpose.bytes() {
            rng.0 ^= u64::from(byte);
            rng.next();
        }
        rng
    }

    /// The next 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    /// A number from `low` to below `high`.
    pub fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low)
    }

    /// True in `per_mille` of 1,000 cases.
    pub fn chance(&mut self, per_mille: usize) -> bool {
        self.below(1_000) < per_mille
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// `count` different ones of these, in their order.
    pub fn pick_some<T: Copy>(&mut self, of: &[T], count: usize) -> Vec<T> {
        let mut places: Vec<usize> = Vec::new();
        while places.len() < count.min(of.len()) {
            let place = self.below(of.len());
            if !places.contains(&place) {
                places.push(place);
            }
        }
        places.sort_unstable();
        places.into_iter().map(|place| of[place]).collect()
    }

    /// As many digits as not: an amount from 10 to 163,839, small ones often.
    pub fn amount(&mut self) -> usize {
        let magnitude = 10 << self.below(14);
        magnitude + self.below(magnitude)
    }
}

/// A few are met often, most of them rarely.
#[derive(Debug, Clone)]
pub struct Zipf(Vec<f64>);

impl Zipf {
    /// Weights 1/i.
    pub fn steep(n: usize) -> Self {
        Self::of(n, |i| 1.0 / i)
    }

    /// Weights 1/√i.
    pub fn gentle(n: usize) -> Self {
        Self::of(n, |i| 1.0 / i.sqrt())
    }

    fn of(n: usize, weight: impl Fn(f64) -> f64) -> Self {
        let mut sum = 0.0;
        let sums = (1..=n).map(|i| {
            sum += weight(i as f64);
            sum
        });
        Self(sums.collect())
    }

    /// A place, from 0.
    pub fn sample(&self, rng: &mut Rng) -> usize {
        let last = self.0.len() - 1;
        let at = (rng.next() >> 11) as f64 / (1_u64 << 53) as f64 * self.0[last];
        self.0.partition_point(|sum| *sum <= at).min(last)
    }
}
