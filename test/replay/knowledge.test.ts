import { expect, test } from "vitest";
import defectsJson from "../../src/knowledge/defects.json" with { type: "json" };
import { defectsFileSchema } from "../../src/knowledge/schema/defects.ts";
import { compareVersions, inRange, isVersion } from "../../src/model/version.ts";

const defects = defectsFileSchema.parse(defectsJson);

test("defects have unique ids, and a version that repairs lies behind the range", () => {
  expect(new Set(defects.map((defect) => defect.id)).size).toBe(defects.length);
  for (const { id, versions, generations, fixedIn } of defects) {
    expect(versions === undefined, id).toBe(generations !== undefined);
    for (const version of [versions?.min, versions?.max, fixedIn]) {
      if (version !== undefined && version !== null) expect(isVersion(version), `${id} ${version}`).toBe(true);
    }
    if (fixedIn !== null && versions?.max !== undefined) {
      expect(compareVersions(fixedIn, versions.max), id).toBeGreaterThan(0);
      expect(inRange(fixedIn, versions), id).toBe(false);
    }
  }
});

test("what was only reported is never an error unless the version alone decides", () => {
  const errors = defects.filter((defect) => defect.status === "reported" && defect.severity === "error");
  expect(errors.map((defect) => defect.id)).toEqual(["iptables-1.8.12-file-capabilities"]);
});

test("sources are public", () => {
  for (const defect of defects) {
    for (const source of [...defect.sources, ...defect.incidents]) expect(source).toMatch(/^(https:\/\/|measured)/);
  }
});
