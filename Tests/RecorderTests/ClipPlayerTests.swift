import Base
import Foundation
import Ingest
import TestSupport
import Testing

@testable import Recorder

/// A clip plays in the players that people have, with the frames that it was recorded with, as
/// their numbers show.
@Suite(.serialized) struct ClipPlayerTests {
    @Test(
        .enabled(
            if: Program.isInstalled("cvlc"),
            "SKIPPED: no VLC here; install vlc-bin and vlc-plugin-base"),
        arguments: PlaybackTests.kinds)
    func `VLC shows its frames`(_ kind: String) throws {
        let (folder, clip) = (Scratch(), try PlaybackTests.clip(kind))
        let shown = try Program.vlc(
            clip.write(folder), ["--play-and-exit", "--no-drop-late-frames", "--no-skip-frames"],
            pictures: clip.frames / 2 + 1, in: folder)
        let numbers = try shown.pictures.map { try RecorderBench.number($0) }
        // The last ones may be missing, because it ends with the file and not with its screen.
        let first = try #require(numbers.first ?? nil, "\(shown.text)")
        #expect(numbers == (0..<numbers.count).map { first + $0 }, "\(shown.text)")
        #expect(numbers.count > clip.frames / 2, "\(numbers.count) of \(clip.frames)")
    }

    @Test(
        .enabled(if: Program.isInstalled("chromium"), "SKIPPED: no Chromium here; install it"),
        arguments: PlaybackTests.kinds.filter { $0.hasPrefix("h264") })
    func `Chromium shows each frame and plays to the end`(_ kind: String) throws {
        let (folder, clip) = (Scratch(), try PlaybackTests.clip(kind))
        let video = Data(clip.bytes).base64EncodedString()
        folder.write("page.html", Array(Self.page(video, frames: clip.frames).utf8))
        let said = try Program.run(
            [
                "chromium", "--headless", "--no-sandbox", "--disable-gpu",
                "--disable-dev-shm-usage",
                "--enable-logging=stderr", "--autoplay-policy=no-user-gesture-required",
                "--user-data-dir=\(folder.path)/browser",
                "file://\(folder.path)/page.html",
            ], in: folder.path
        ).text
        let lines = said.matches(of: /CLIP ([a-z]+) ?([01]*)/)
        let numbers = lines.filter { $0.output.1 == "frame" }.map { Self.number($0.output.2) }
        let first = try #require(numbers.first ?? nil, "\(said.prefix(2000))")
        // With B-frames, its way to an instant just before a key frame, or at the very end, leads to
        // the frame beside.
        let pairs = zip(numbers, first..<(first + clip.frames))
        let wrong = pairs.filter { $0 != $1 }
        let borders = kind.contains("bf=") ? clip.frames / 25 + 1 : 0
        #expect(numbers.count == clip.frames && wrong.count <= borders, "\(numbers)")
        #expect(wrong.allSatisfy { abs(($0 ?? .min / 2) - $1) == 1 }, "\(numbers)")
        #expect(lines.contains { $0.output.1 == "ended" }, "\(said.prefix(2000))")
    }

    /// From the cells as they are across a picture of this width.
    private static func number(_ cells: Substring) -> Int? {
        guard cells.count == TestPattern.cells else { return nil }
        let line = cells.map { UInt8($0 == "1" ? 235 : 16) }
        let grey = Array(repeatElement(line, count: 24).joined())
        return PatternReader.read(
            width: line.count, height: 24, stride: line.count, grey.span
        ).map { Int($0.frame) }
    }

    /// Goes to the middle of each frame and says what is seen there, then plays all of it.
    private static func page(_ video: String, frames: Int) -> String {
        """
        <video id="video" muted></video><script>
        const say = words => console.log("CLIP " + words)
        const bytes = Uint8Array.from(atob("\(video)"), letter => letter.charCodeAt(0))
        const video = document.getElementById("video")
        const canvas = document.createElement("canvas")
        canvas.width = \(PlaybackTests.width)
        canvas.height = \(PlaybackTests.height)
        const paper = canvas.getContext("2d")
        const happens = name => new Promise(done => video.addEventListener(name, done, {once: true}))
        function cells() {
            paper.drawImage(video, 0, 0)
            let text = ""
            for (let cell = 0; cell < \(TestPattern.cells); cell++) {
                const across = Math.floor((cell + 0.5) * canvas.width / \(TestPattern.cells))
                const green = paper.getImageData(across, canvas.height / 48, 1, 1).data[1]
                text += green > 126 ? 1 : 0
            }
            return text
        }
        async function look() {
            const loaded = happens("loadeddata")
            video.src = URL.createObjectURL(new Blob([bytes], {type: "video/mp4"}))
            await loaded
            // It begins when its stream had been running for so long.
            const start = video.currentTime
            let last = ""
            for (let frame = 0; frame < \(frames); frame++) {
                const there = happens("seeked")
                video.currentTime = start + (frame + 0.5) / 25
                await there
                // A busy browser says so before it shows it.
                for (let tries = 0; tries < 40 && cells() == last; tries++) {
                    await new Promise(done => setTimeout(done, 25))
                }
                last = cells()
                say("frame " + last)
            }
            const ended = happens("ended")
            video.currentTime = start
            await video.play()
            await ended
            say("ended")
        }
        video.onerror = () => { say("error " + video.error.message); window.close() }
        // The last window ends the program.
        look().catch(error => say("error " + error)).finally(() => window.close())
        </script>
        """
    }
}
