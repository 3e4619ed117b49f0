import { spawn } from 'node:child_process';

const programs: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['open'],
  win32: ['explorer.exe'],
};

/** Opens an address or a file as if it were clicked; does nothing if that is impossible. */
export function openInBrowser(place: string): void {
  const [program, ...args] = programs[process.platform] ?? ['xdg-open'];
  const child = spawn(program, [...args, place], { detached: true, stdio: 'ignore' });
  child.on('error', () => {});
  child.unref();
}
