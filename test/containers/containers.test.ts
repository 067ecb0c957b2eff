import { describe } from 'vitest';
import { describeCompose } from './compose.ts';
import { useContainers } from './containers.ts';
import { explainMissingEngine } from './engine.ts';
import { describeImage } from './image.ts';
import { describeRecipes } from './recipes.ts';

const missing = await explainMissingEngine();

describe.skipIf(missing)(`the image in a container engine${missing ? ` (${missing})` : ''}`, () => {
  // One engine for all tests, which follow each other.
  const containers = useContainers();
  describe('by itself', () => describeImage(containers));
  describe('with docker-compose.yml', () => describeCompose(containers));
  describe('in recipes', () => describeRecipes(containers));
});
