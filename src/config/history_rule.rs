//! Rules of what the history keeps of a room: for all rooms, and for single ones.

choices! {
    /// What the history keeps of a room.
    pub enum HistoryRule {
        /// People, gifts and numbers, and what is said.
        #[default]
        All,
        /// People, gifts and numbers, but not what is said.
        People,
        /// Nothing.
        Off,
    }
}
