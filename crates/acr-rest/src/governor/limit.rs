//! Additive increase, multiplicative decrease: how wide a lane is. Nothing here knows of time.

/// How many may be under way at once.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limit {
    /// `None` while none is felt.
    felt: Option<Felt>,
    /// Counts the times that it was narrowed.
    round: u64,
    /// How often in a row it was narrowed without an answer between.
    in_a_row: usize,
}

#[derive(Clone, Copy, Debug)]
struct Felt {
    width: f64,
    /// As many were under way when the first was refused.
    before: usize,
}

impl Limit {
    /// `None` while no limit is felt.
    pub(super) fn width(&self) -> Option<usize> {
        // At least 1 and at most a number of requests, which fits.
        self.felt.map(|felt| felt.width as usize)
    }

    /// To be remembered by each request when it begins.
    pub(super) fn round(&self) -> u64 {
        self.round
    }

    /// One that began in this round was refused while so many were under way, itself included. Only
    /// the first of a round narrows; it gives how often in a row that happened.
    pub(super) fn refused(&mut self, round: u64, in_flight: usize) -> Option<usize> {
        if round != self.round {
            return None;
        }
        let before = self.felt.map_or(in_flight, |felt| felt.before);
        self.felt = Some(Felt {
            width: (in_flight / 2).max(1) as f64,
            before,
        });
        self.round = self.round.wrapping_add(1);
        self.in_a_row = self.in_a_row.saturating_add(1);
        Some(self.in_a_row)
    }

    /// One that began in this round was let in. It tells nothing new if it began before the last
    /// refusal.
    pub(super) fn let_in(&mut self, round: u64) {
        if round != self.round {
            return;
        }
        self.in_a_row = 0;
        if let Some(felt) = &mut self.felt {
            felt.width += 1.0 / felt.width;
            if felt.width >= felt.before as f64 {
                self.felt = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_narrows_once() {
        let mut limit = Limit::default();
        assert_eq!(limit.width(), None);
        let round = limit.round();
        assert_eq!(limit.refused(round, 64), Some(1));
        for in_flight in (1..64).rev() {
            assert_eq!(limit.refused(round, in_flight), None);
        }
        assert_eq!(limit.width(), Some(32));
        // One of the burst that was let in all the same says nothing of the narrower lane.
        limit.let_in(round);
        assert_eq!(limit.width(), Some(32));
    }

    #[test]
    fn it_is_halved_down_to_one() {
        let mut limit = Limit::default();
        let mut in_flight = 10;
        for (in_a_row, width) in [5, 2, 1, 1, 1].into_iter().enumerate() {
            assert_eq!(limit.refused(limit.round(), in_flight), Some(in_a_row + 1));
            assert_eq!(limit.width(), Some(width));
            in_flight = width;
        }
    }

    /// One more for each round of answers, until it is as wide as before; then none is felt.
    #[test]
    fn it_widens_by_one_for_each_round() {
        let mut limit = Limit::default();
        limit.refused(limit.round(), 16);
        let mut answers = 0;
        let mut widths = vec![8];
        while let Some(width) = limit.width() {
            if widths.last() != Some(&width) {
                widths.push(width);
            }
            limit.let_in(limit.round());
            answers += 1;
            assert!(answers < 1000);
        }
        assert_eq!(widths, [8, 9, 10, 11, 12, 13, 14, 15]);
        // The sum of the widths, and a few since 1/width shrinks within a round.
        assert!((92..=100).contains(&answers), "{answers}");
        assert_eq!(limit.refused(limit.round(), 2), Some(1), "the row is over");
    }

    /// What it grows back to is what it was at first, however often it is halved between.
    #[test]
    fn it_grows_back_to_what_it_was() {
        let mut limit = Limit::default();
        limit.refused(limit.round(), 64);
        limit.refused(limit.round(), 32);
        let mut widest = 0;
        while let Some(width) = limit.width() {
            widest = width;
            limit.let_in(limit.round());
        }
        assert_eq!(widest, 63);
    }

    #[test]
    fn one_alone_is_not_narrowed_for_long() {
        let mut limit = Limit::default();
        limit.refused(limit.round(), 1);
        assert_eq!(limit.width(), Some(1));
        limit.let_in(limit.round());
        assert_eq!(limit.width(), None);
    }
}
