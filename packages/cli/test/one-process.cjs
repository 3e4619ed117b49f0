/** Runs one command after the other in one process, whose parent names them and is told what each printed. */
const path = require('node:path');

const [, , mainFile] = process.argv;
const dist = path.dirname(mainFile);

process.on('message', async ({ args, cwd }) => {
  const printed = { stdout: '', stderr: '' };
  const write = {};
  for (const name of ['stdout', 'stderr']) {
    write[name] = process[name].write;
    process[name].write = (text) => {
      printed[name] += text;
      return true;
    };
  }
  process.chdir(cwd);
  process.argv = [process.execPath, mainFile, ...args];
  process.exitCode = undefined;
  // The command anew, with the packages that it has loaded.
  for (const file of Object.keys(require.cache)) if (path.dirname(file) === dist) delete require.cache[file];
  await require(mainFile).finished;
  for (const name of ['stdout', 'stderr']) {
    process[name].write = write[name];
    process[name].removeAllListeners('error');
  }
  process.send({ code: process.exitCode ?? 0, ...printed });
  process.exitCode = undefined;
});
