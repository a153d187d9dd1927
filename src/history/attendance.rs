//! Attendance of people in lives: sums that many batches add to. Much of it stands in a log of the file first, batch by batch, and
//! is added up from time to time; after an end that was none, from the log.

use foldhash::HashMap;
use rusqlite::{Connection, params};

use super::batch::{Attendance, LiveKey, PersonNumber};
use super::sqlite::stored;

/// What people did in lives; and whether what they are to the host was seen with it.
pub(super) type AttendanceMap = HashMap<(LiveKey, PersonNumber), (Attendance, bool)>;

/// Numbers of a row in the log.
const NUMBERS: usize = 12;
/// Bytes of a row in the log.
const ROW: usize = NUMBERS * size_of::<i64>();

/// Adds what somebody did.
pub(super) fn merge(all: &mut AttendanceMap, key: (LiveKey, PersonNumber), row: &Attendance, has_flags: bool) {
    let Some((sum, flagged)) = all.get_mut(&key) else {
        all.insert(key, (*row, has_flags));
        return;
    };
    sum.chats += row.chats;
    sum.gifts += row.gifts;
    sum.coins = sum.coins.saturating_add(row.coins);
    sum.unpriced += row.unpriced;
    sum.joins += row.joins;
    sum.likes = sum.likes.saturating_add(row.likes);
    (sum.first, sum.last) = (sum.first.min(row.first), sum.last.max(row.last));
    if has_flags {
        (sum.flags, *flagged) = (row.flags, true);
    }
}

/// Adds rows to the log of the file.
pub(super) fn append(change: &Connection, rows: &AttendanceMap) -> rusqlite::Result<()> {
    let mut bytes = Vec::with_capacity(rows.len() * ROW);
    for ((live, person), (row, has_flags)) in rows {
        let counts = [row.chats, row.gifts, row.coins, row.unpriced, row.joins, row.likes].map(stored);
        let numbers = [*live, *person].into_iter().chain(counts).chain([
            row.first,
            row.last,
            row.flags.into(),
            (*has_flags).into(),
        ]);
        numbers.for_each(|number| bytes.extend(number.to_le_bytes()));
    }
    let mut write = change.prepare_cached("INSERT INTO attendance_log (rows) VALUES (?1)")?;
    write.execute([bytes]).map(drop)
}

/// Adds up the log of the file, and empties it.
pub(super) fn fold(people: &Connection) -> rusqlite::Result<()> {
    let change = people.unchecked_transaction()?;
    fold_with(&change, &AttendanceMap::default())?;
    change.commit()
}

/// Adds up the log of the file and these rows after it, and empties the log.
pub(super) fn fold_with(change: &Connection, rows: &AttendanceMap) -> rusqlite::Result<()> {
    let mut all = AttendanceMap::default();
    {
        let mut ask = change.prepare_cached("SELECT rows FROM attendance_log ORDER BY id")?;
        let mut logged = ask.query([])?;
        while let Some(row) = logged.next()? {
            let bytes: Vec<u8> = row.get(0)?;
            bytes.chunks_exact(ROW).for_each(|row| read(row, &mut all));
        }
    }
    if !all.is_empty() {
        change.execute("DELETE FROM attendance_log", [])?;
    }
    for (key, (row, has_flags)) in rows {
        merge(&mut all, *key, row, *has_flags);
    }
    write(change, &all)
}

fn read(row: &[u8], all: &mut AttendanceMap) {
    let number = |number: &[u8]| i64::from_le_bytes(number.try_into().unwrap_or_default());
    let mut numbers = row.chunks_exact(size_of::<i64>()).map(number);
    let mut next = || numbers.next().unwrap_or_default();
    let key = (next(), next());
    let [chats, gifts, coins, unpriced, joins, likes]: [u64; 6] = std::array::from_fn(|_| next() as u64);
    let (first, last, flags, has_flags) = (next(), next(), next() as u8, next() != 0);
    merge(all, key, &Attendance { chats, gifts, coins, unpriced, joins, likes, first, last, flags }, has_flags);
}

/// Adds rows to the sums.
fn write(change: &Connection, rows: &AttendanceMap) -> rusqlite::Result<()> {
    let mut write = change.prepare_cached(
        "INSERT INTO person_live VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO UPDATE SET
         chats = chats + excluded.chats, gifts = gifts + excluded.gifts, coins = coins + excluded.coins,
         unpriced = unpriced + excluded.unpriced, joins = joins + excluded.joins, likes = likes + excluded.likes,
         first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at),
         flags = CASE WHEN ?12 THEN excluded.flags ELSE flags END",
    )?;
    // In the order of the table, so that pages are met one after the other.
    let mut rows: Vec<_> = rows.iter().collect();
    rows.sort_unstable_by_key(|(key, _)| **key);
    for ((live, person), (row, has_flags)) in rows {
        write.execute(params![
            live,
            person,
            stored(row.chats),
            stored(row.gifts),
            stored(row.coins),
            stored(row.unpriced),
            stored(row.joins),
            stored(row.likes),
            row.first,
            row.last,
            row.flags,
            has_flags
        ])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_the_log_is_what_would_have_been_added_up() {
        let people = Connection::open_in_memory().unwrap();
        people
            .execute_batch(
                "CREATE TABLE person_live (live, person, chats, gifts, coins, unpriced, joins, likes, first_at, last_at,
                 flags, PRIMARY KEY (live, person));
                 CREATE TABLE attendance_log (id INTEGER PRIMARY KEY, rows BLOB NOT NULL);",
            )
            .unwrap();
        let row = |chats, at, flags| Attendance { chats, first: at, last: at, flags, ..Attendance::default() };
        for (nth, has_flags) in [(1, true), (2, false), (3, true)] {
            let mut rows = AttendanceMap::default();
            merge(&mut rows, (7, -nth % 2), &row(nth as u64, nth * 10, nth as u8), has_flags);
            append(&people, &rows).unwrap();
        }
        fold(&people).unwrap();
        fold(&people).unwrap();
        let mut ask =
            people.prepare("SELECT person, chats, first_at, last_at, flags FROM person_live ORDER BY 1").unwrap();
        let all = ask.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)));
        let all: Vec<(i64, i64, i64, i64, i64)> = all.unwrap().map(Result::unwrap).collect();
        assert_eq!(all, [(-1, 4, 10, 30, 3), (0, 2, 20, 20, 2)]);
    }
}
