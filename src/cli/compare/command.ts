import type { Command } from '../command.ts';

export const compare: Command = async () => 0;
