"""Tables of results, in Markdown: what was reached and what was missed."""

import re
import statistics

import jobs
from jobs import OURS, Job


def number(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def name(result):
    return " ".join(part for part in (result["peer"], result["variant"]) if part)


def markdown(head, rows):
    """Figures stand right."""
    right = [all(re.fullmatch(r"[-+\d,.]+ ?%?|–.*", row[at]) for row in rows) for at in range(len(head))]
    line = ["---:" if each else "---" for each in right]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, line, *rows])


class Report:
    """The tables of a run, and a count of what was reached."""

    def __init__(self, record):
        self.record, self.reached, self.missed = record, 0, []
        self.jobs = {}
        for result in record["results"]:
            self.jobs.setdefault(result["job"], []).append(result)

    def mark(self, what, reached):
        if reached:
            self.reached += 1
            return "reached"
        self.missed.append(what)
        return "**missed**"

    def of(self, mode):
        """Jobs of a mode that have a result of ours: this, and the peers'."""
        for key, results in self.jobs.items():
            job, ours = Job.from_key(key), [result for result in results if result["peer"] == OURS]
            if job.mode == mode and ours:
                yield job, ours[0], [result for result in results if result["peer"] != OURS]

    def print(self):
        record = self.record
        print(f"{record['machine']}; {record['conditions']}\n")
        for mode, title in [("train", "Training"), ("infer", "Inference"), ("matmul", "Products of matrices")]:
            self.section(title, *self.speed(mode))
        self.section("Products with two threads", *self.scaling())
        self.section("Memory of training, MiB", *self.memory())
        self.section("`fit` over its steps, µs a step", *self.fit())
        reasons = {}
        for mode, title in [("train", "Training"), ("infer", "Inference"), ("matmul", "Products")]:
            self.section(f"{title}: each peer's best", *self.peers(mode, reasons))
        for each in record["left_out"]:
            if Job.from_key(each["job"]).mode in ("memory", "fit"):
                reasons.setdefault(f"{each['job']}, {name(each)}: {each['why']}", len(reasons) + 1)
        if reasons:
            print("Left out:\n")
            for reason, at in reasons.items():
                print(f"({at}) {reason}")
            print()
        count = self.reached + len(self.missed)
        if count:
            print(f"{self.reached} of {count} targets reached." + (" Missed:" if self.missed else ""))
            print("\n".join(f"- {what}" for what in self.missed))

    def section(self, title, head, rows):
        if rows:
            print(f"## {title}\n\n{markdown(head, rows)}\n")

    def speed(self, mode):
        """Ours beside the best peer, without and with the heap keeping large blocks. The lower ratio counts."""
        rows = []
        ways = sorted({peer["malloc"] for _, _, peers in self.of(mode) for peer in peers})
        for job, ours, peers in self.of(mode):
            row, ratios = [job.key, job.unit(), number(ours["value"])], []
            for kept in ways:
                first = next(iter(best(job, [peer for peer in peers if peer["malloc"] == kept])), None)
                if first is None:
                    row += ["–", "–", "–"]
                    continue
                ratios.append(job.ratio(ours["value"], first["value"]))
                row += [number(first["value"]), name(first), f"{ratios[-1]:.2f}"]
            row += [f"{job.target():.2f}"]
            row.append(self.against(f"{job.key}: {{:.2f}} of {job.target():.2f}", ratios, job.target()))
            rows.append(row)
        columns = [head for kept in ways for head in ("best, large blocks kept" if kept else "best peer", "which", "ratio")]
        return ["job", "unit", OURS, *columns, "target", ""], rows

    def against(self, what, ratios, target):
        if not ratios:
            return "no peer"
        return self.mark(what.format(min(ratios)), round(min(ratios), 2) >= target)

    def scaling(self):
        rows = []
        ours = {(job.workload, job.threads): result["value"] for job, result, _ in self.of("matmul")}
        for (workload, threads), value in ours.items():
            if threads == 2 and (alone := ours.get((workload, 1))):
                ratio = value / alone
                mark = self.mark(f"matmul/{workload}/2 over 1: {ratio:.2f} of {jobs.SCALING}", round(ratio, 2) >= jobs.SCALING)
                rows.append([workload, number(alone), number(value), f"{ratio:.2f}", f"{jobs.SCALING:.2f}", mark])
        return ["product, GFLOP/s", "1 thread", "2 threads", "ratio", "target", ""], rows

    def memory(self):
        """All that is resident at the highest, and by how much that is above what was before the first step."""
        rows = []
        for job, ours, peers in self.of("memory"):
            for kind in ("peak", "growth"):
                known = [peer for peer in peers if peer[kind] is not None]
                if ours[kind] is None or not known:
                    continue
                least = min(known, key=lambda peer: peer[kind])
                share = ours[kind] / least[kind]
                reached = round(share, 2) <= jobs.MEMORY_SHARE
                mark = self.mark(f"{job.key}, {kind}: {share:.2f} of at most {jobs.MEMORY_SHARE}", reached)
                figures = [f"{size / 2**20:.1f}" for size in (ours[kind], least[kind])]
                rows.append([job.key, kind, *figures, name(least), f"{share:.2f}", f"{jobs.MEMORY_SHARE:.2f}", mark])
        return ["job", "", OURS, "least of PyTorch", "which", "share", "at most", ""], rows

    def fit(self):
        rows = []
        for job, ours, _ in self.of("fit"):
            ratio = ours["ratio"]
            mark = self.mark(f"{job.key}: {ratio:.3f} of at most {jobs.FIT_RATIO}", round(ratio, 3) <= jobs.FIT_RATIO)
            figures = [number(ours["fit"]), number(ours["steps"]), f"{ratio:.3f}", f"{jobs.FIT_RATIO:.3f}"]
            rows.append([job.key, *figures, mark])
        return ["job", "fit", "steps", "ratio", "at most", ""], rows

    def peers(self, mode, reasons):
        """The best of each peer's variants; a dash and a number where there is none, and the reason by that number."""
        every = {}
        for job, ours, peers in self.of(mode):
            every[job.key] = {result["peer"]: number(result["value"]) for result in [ours, *best(job, peers)]}
        left_out = {}
        for each in self.record["left_out"]:
            if each["peer"] not in every.get(each["job"], [each["peer"]]):
                note = reasons.setdefault(f"{name(each)}: {each['why']}", len(reasons) + 1)
                left_out.setdefault((each["job"], each["peer"]), {})[str(note)] = None
        for (key, peer), notes in left_out.items():
            every[key][peer] = f"– ({', '.join(notes)})"
        names = sorted({peer for figures in every.values() for peer in figures} - {OURS})
        rows = [[key, figures[OURS], *(figures.get(peer, "–") for peer in names)] for key, figures in every.items()]
        return ["job", OURS, *names], rows if names else []


def best(job, results):
    """The best result of each peer, the best peer first."""
    found = {}
    for result in sorted(results, key=lambda result: result["value"], reverse=job.unit() != "µs"):
        found.setdefault(result["peer"], result)
    return list(found.values())


def summary(figures):
    """A median with its lowest and highest."""
    return {"value": statistics.median(figures), "lowest": min(figures), "highest": max(figures), "windows": len(figures)}
