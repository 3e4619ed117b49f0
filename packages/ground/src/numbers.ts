/** Numbers as people read them, in the terminal and in reports. */

/** Formats a count: `1234567` as "1,234,567". Without Intl, which takes longer to load than some commands take to run. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Formats a number of things: "1 image", "1,800 images". */
export function formatNumberOf(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`;
}

const units = ['kB', 'MB', 'GB', 'TB', 'PB'];

/** Formats a number of bytes: small ones exactly, as "6,272 bytes", large ones with three digits, as "14.8 MB". */
export function formatBytes(bytes: number): string {
  if (bytes < 100_000) return formatNumberOf(bytes, 'byte');
  const rounded = Number(bytes.toPrecision(3));
  const power = Math.min(units.length, Math.floor((String(Math.round(rounded)).length - 1) / 3));
  return `${(rounded / 1000 ** power).toPrecision(3)} ${units[power - 1]}`;
}

/** Formats milliseconds as "350 ms", "4.2 s", "3 min 5 s", "2 h 7 min" or "1 d 3 h". */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  const [days, hours, minutes] = [86_400, 3600, 60].map((unit) => Math.floor(seconds / unit)) as [
    number,
    number,
    number,
  ];
  if (days > 0) return `${days} d ${hours % 24} h`;
  if (hours > 0) return `${hours} h ${minutes % 60} min`;
  return `${minutes} min ${seconds % 60} s`;
}
