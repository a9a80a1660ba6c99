import { copyAssets } from './copy-assets.ts';
import { doctor } from './doctor.ts';
import type { Command, Terminal } from './command.ts';

/** `npx turntape …`: one word for each command. */
const commands: readonly Command[] = [copyAssets, doctor];

const terminal: Terminal = {
  say: (line) => console.log(line),
  complain: (line) => console.error(line),
};

async function run([name = '--help', ...args]: readonly string[]): Promise<number> {
  if (name === '--help' || name === '-h' || name === 'help') {
    terminal.say(overview());
    return 0;
  }
  const command = commands.find((candidate) => candidate.name === name);
  if (!command) {
    terminal.complain(`turntape: there is no command '${name}'.\n\n${overview()}`);
    return 2;
  }
  if (args.includes('--help') || args.includes('-h')) {
    terminal.say(command.help);
    return 0;
  }
  return command.run(args, terminal);
}

function overview(): string {
  const width = Math.max(...commands.map(({ usage }) => usage.length));
  const lines = commands.map(({ usage, summary }) => `  turntape ${usage.padEnd(width)}   ${summary}`);
  return ['Usage:', ...lines, '', 'turntape COMMAND --help tells more of one.'].join('\n');
}

process.exitCode = await run(process.argv.slice(2));
