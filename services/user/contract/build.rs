fn main() {
    hanse_protogen::compile(&["user.proto"]);
}
