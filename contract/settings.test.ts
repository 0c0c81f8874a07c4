import { expect, it } from 'vitest';
import { Settings, SettingsPatch } from './settings.ts';

it('changes each setting by itself, within the limits of that setting, and no other', () => {
  expect(SettingsPatch.parse({})).toEqual({});
  const defaults = Settings.parse({});
  for (const [name, value] of Object.entries(defaults)) {
    expect(SettingsPatch.parse({ [name]: value })).toEqual({ [name]: value });
  }
  expect(SettingsPatch.safeParse({ stepSeconds: 3 }).success).toBe(false);
  expect(SettingsPatch.safeParse({ stepHours: 3 }).success).toBe(false);
});
